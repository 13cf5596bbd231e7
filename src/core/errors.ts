/**
 * Every refusal there is, in one table: its code, its HTTP status and what it says.
 *
 * - A code is stable: clients and scripts may tell refusals apart by it. The sentence may be reworded.
 * - A sentence says what is wrong and, where there is one, the way out. `{}` is replaced by the detail.
 * - Statuses are those of RFC 9110 and RFC 6585; 423 and 507 are RFC 4918's, 460 is that of the tus protocol.
 */
const table = {
  bad_request: [400, 'The request is not valid HTTP/1.1: {}.'],
  bad_target: [400, 'The address cannot be used: {}.'],
  bad_name: [400, 'The name cannot be used: {}.'],
  bad_parameter: [400, 'The request cannot be understood: {}.'],
  tls_required: [400, 'This port speaks TLS. Use an address that begins with https://.'],
  no_host: [400, 'The request must have exactly one Host field.'],
  body_incomplete: [400, 'The body ended before its length was reached. Nothing was stored.'],
  digest_mismatch: [400, 'The body does not match its {}. Nothing was stored.'],
  bad_body: [400, 'The body cannot be read: {}. Nothing more was stored.'],
  unauthorized: [401, 'That needs a name and a password.'],
  bad_credentials: [401, 'The name or the password is wrong.'],
  read_only: [403, 'This server is read-only.'],
  forbidden: [403, '{}.'],
  insecure: [
    403,
    'Names and passwords are not taken over a connection that others can listen to. Use https, or start the server with --allow-insecure-auth.',
  ],
  not_allowed: [403, 'The file system does not allow it: {}.'],
  cross_origin: [403, 'The request was sent by a page of another site. Changes are accepted only from this one.'],
  upload_final: [403, 'The upload {} is made of others, and takes no bytes of its own.'],
  unproven: [
    403,
    'Nothing shows that this was typed, and not sent by a page of another site. Open the address again and confirm it, or send it by POST.',
  ],
  reserved: [403, '.twinserve belongs to the server itself, and so does every name at the top that begins with it.'],
  link_refused: [403, '{} is reached through a symbolic link that leads out of the shared directory.'],
  not_a_file: [403, '{} is not a regular file or a directory, and is not served.'],
  not_found: [404, '{} does not exist.'],
  method_not_allowed: [405, '{}.'],
  request_timeout: [408, 'The request did not arrive in time.'],
  exists: [409, '{} exists already. Choose another name, or ask for it to be replaced.'],
  not_empty: [409, '{} is not empty. Empty it first, or ask for a recursive deletion.'],
  is_directory: [409, '{} is a directory.'],
  not_directory: [409, '{} is not a directory.'],
  no_parent: [409, 'The directory that should hold {} does not exist. Create it first.'],
  into_itself: [409, '{} cannot be moved or copied to itself, or to a place below. Choose another destination.'],
  changed: [409, '{} was changed by somebody else meanwhile. Look at it and try again.'],
  wrong_offset: [409, 'The upload has {} bytes. Go on from there.'],
  upload_gone: [410, 'The upload {} has expired or was ended. Begin it anew.'],
  length_required: [411, 'The request needs a Content-Length or a chunked body.'],
  precondition_failed: [412, '{} is not in the state that the request asks for. Nothing was changed.'],
  tus_version: [412, 'Uploads are done in version {} of the tus protocol. Say so in Tus-Resumable.'],
  too_large: [413, 'The request is too large: {}.'],
  target_too_long: [414, 'The address is too long.'],
  unsupported_media: [415, 'The body has a media type that is not understood here: {}.'],
  range_not_satisfiable: [416, 'The ranges asked for lie outside the file.'],
  expectation_failed: [417, 'Only the expectation 100-continue is understood.'],
  wrong_host: [421, 'This server does not answer for the host {}. Start it with --host-name to allow that name.'],
  upload_locked: [423, 'Somebody else is at the upload {} just now. Try again soon.'],
  upgrade_required: [426, 'This address is for WebSockets: {}.'],
  too_many_attempts: [429, 'There were too many attempts to log in. Try again in {} seconds.'],
  fields_too_large: [431, 'The header section is too large.'],
  checksum_mismatch: [460, 'The bytes do not match their checksum ({}). None of them were kept.'],
  internal: [500, 'The server made a mistake, and has noted it. The request may be tried again.'],
  failed: [500, 'The file system failed: {}.'],
  unconfirmed: [
    500,
    'What was asked for is done, but the disk has not confirmed it: after a power cut {} may be as it was.',
  ],
  not_implemented: [501, 'The server does not know how to do that: {}.'],
  overloaded: [503, 'The server has no room for the request now. Try again soon.'],
  version_not_supported: [505, 'Only HTTP/1.1 and HTTP/1.0 are spoken here.'],
  quota_exceeded: [507, 'The space that this server may fill is used up: {}. Delete something first.'],
  storage_full: [507, 'There is no room left to store {}. Delete something first.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

/** A code of the table. */
export type ErrorCode = keyof typeof table

/** The codes, for tests and documentation. */
export const errorCodes = Object.keys(table) as readonly ErrorCode[]

/** Fields that a refusal always has. How soon there is room again nobody knows: descriptors and connections come free by the second. */
const fieldsOf: Readonly<Partial<Record<ErrorCode, string>>> = { overloaded: 'Retry-After: 1\r\n' }

/** A request that is refused, by a line of the table. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ErrorCode
  readonly status: number
  /** Header lines that the answer must carry, such as `Allow` (RFC 9110, section 15.5.6), each ended by CRLF. */
  readonly headers: string

  /** @param detail what the sentence is about: a name as the client wrote it, or a reason @param headers in place of those that it always has */
  constructor(code: ErrorCode, detail = '', headers = fieldsOf[code] ?? '') {
    const [status, sentence] = table[code]
    super(sentence.replace('{}', () => detail))
    this.code = code
    this.status = status
    this.headers = headers
  }

  /** The same refusal, with further header lines. */
  withHeaders(headers: string): Refusal {
    const more = new Refusal(this.code, '', this.headers + headers)
    more.message = this.message
    return more
  }

  /** The same refusal, with a sentence more. */
  withNote(note: string): Refusal {
    const noted = new Refusal(this.code, '', this.headers)
    noted.message = `${this.message} ${note}`
    return noted
  }
}

const byErrno: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  EEXIST: 'exists',
  ENOTEMPTY: 'not_empty',
  EISDIR: 'is_directory',
  ELOOP: 'link_refused',
  EINVAL: 'bad_name',
  ENAMETOOLONG: 'bad_name',
  EILSEQ: 'bad_name',
  EACCES: 'not_allowed',
  EPERM: 'not_allowed',
  EROFS: 'not_allowed',
  EBUSY: 'not_allowed',
  EXDEV: 'not_allowed',
  ENOSPC: 'storage_full',
  EDQUOT: 'storage_full',
  EFBIG: 'too_large',
  EMFILE: 'overloaded',
  ENFILE: 'overloaded',
  ENOMEM: 'overloaded',
}

/** What the reasons of the file system are called in a sentence, where the code alone does not say it. */
const reasons: Readonly<Record<string, string>> = {
  EINVAL: 'it is not valid here',
  ENAMETOOLONG: 'it is too long',
  EILSEQ: 'the file system does not accept its characters',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'it is mounted read-only',
  EBUSY: 'it is in use',
  EXDEV: 'it lies on another file system',
}

/** The errno name of a system call's failure, or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return error instanceof Error && !(error instanceof Refusal) && typeof code === 'string' ? code : undefined
}

/**
 * The refusal that a failed call means, about the name the client gave.
 *
 * @param error what the call threw; a refusal is returned as it is
 * @param what the path as the client knows it, for the sentence
 */
export function refusalOf(error: unknown, what: string): Refusal {
  if (error instanceof Refusal) return error
  const errno = errnoOf(error)
  if (errno === undefined) return new Refusal('internal')
  const code = byErrno[errno]
  if (code === undefined) return new Refusal('failed', errno)
  const reason = reasons[errno]
  if (reason === undefined) return new Refusal(code, what)
  // A name that is too long is better not repeated.
  return new Refusal(code, code === 'not_allowed' && what !== '' ? `${reason} (${what})` : reason)
}
