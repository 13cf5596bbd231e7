/**
 * Resumable uploads: tus 1.0.0 at `/.twinserve/uploads`, with the extensions that `tusExtensions` names.
 *
 * An upload that a client has been told of is on disk, and so is every byte that it has been told to be there. So any
 * engine, process or later run that shares the directory can go on with it. docs/uploads.md tells more.
 */
import { Refusal } from '../errors.ts'
import { Room } from '../files/room.ts'
import type { Access } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { append } from '../uploads/append.ts'
import { concatenate, lengthOfAll } from '../uploads/concatenate.ts'
import { admitTarget, createUpload } from '../uploads/create.ts'
import { sweepUploadsInTime } from '../uploads/expire.ts'
import { standing } from '../uploads/inspect.ts'
import { formatMetadata, parseMetadata } from '../uploads/metadata.ts'
import { inUpload, type Upload } from '../uploads/place.ts'
import { isFinal, isPartial, targetOf, type UploadRecord } from '../uploads/record.ts'
import { terminate } from '../uploads/terminate.ts'
import { fixdate } from './dates.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'
import {
  type Concat,
  offsetMedia,
  reprDigests,
  tusChecksums,
  tusExtensions,
  tusVersion,
  uploadChecksums,
  uploadConcat,
  uploadIn,
  uploadLength,
  uploadOffset,
  uploadsPath,
} from './tus-fields.ts'

const ours = new RegExp(`^${uploadsPath}(/|$)`)
const version = `Tus-Resumable: ${tusVersion}\r\n`

/** Whether a path belongs to the protocol. */
export function isUploads(path: string): boolean {
  return ours.test(path)
}

/** Answer a request for a path of the protocol. @throws Refusal */
export function* tus(request: Request): Program<Response> {
  const { access, head, site, target } = request
  request.fields += version
  const method = head.field('x-http-method-override') ?? head.method
  if (method === 'OPTIONS') return options(site)
  if (head.field('tus-resumable') !== tusVersion) {
    throw new Refusal('tus_version', tusVersion, `Tus-Version: ${tusVersion}\r\n`)
  }
  access.demandSomewhere('upload')
  if (method !== 'HEAD') request.demandOwnOrigin()
  if (target.path === uploadsPath || target.path === `${uploadsPath}/`) {
    if (method === 'POST') return yield* create(request)
    throw new Refusal('method_not_allowed', 'Uploads are begun with POST', 'Allow: POST, OPTIONS\r\n')
  }
  const id = uploadIn(target.path)
  if (id === undefined) throw new Refusal('not_found', target.path)
  if (method === 'HEAD') return yield* tell(site, access, id)
  if (method === 'PATCH') return yield* add(request, id)
  if (method === 'DELETE') return yield* end(site, access, id)
  throw new Refusal(
    'method_not_allowed',
    'An upload takes HEAD, PATCH and DELETE',
    'Allow: HEAD, PATCH, DELETE, OPTIONS\r\n',
  )
}

function options({ maxUpload }: Site): Response {
  const most = maxUpload === undefined ? '' : `Tus-Max-Size: ${maxUpload}\r\n`
  return {
    status: 204,
    headers:
      `Tus-Version: ${tusVersion}\r\nTus-Extension: ${tusExtensions}\r\n` +
      `Tus-Checksum-Algorithm: ${tusChecksums}\r\n${most}`,
  }
}

/** When an upload expires that was last written to at a time. @param changedAt milliseconds since 1970 */
function expires({ limits }: Site, changedAt: number): string {
  return `Upload-Expires: ${fixdate(changedAt + limits.uploadAge)}\r\n`
}

/** `HEAD`: how far it has come. */
function* tell(site: Site, access: Access, id: string): Program<Response> {
  return yield* inUpload(site, access, id, function* (upload) {
    const { record } = upload
    const { offset, done, changedAt } = yield* standing(site, upload)
    const metadata = record.metadata === '' ? '' : `Upload-Metadata: ${record.metadata}\r\n`
    const concat = record.concat === undefined ? '' : `Upload-Concat: ${record.concat}\r\n`
    const until = done ? '' : expires(site, changedAt)
    return {
      status: 200,
      headers:
        `Upload-Offset: ${offset}\r\nUpload-Length: ${record.length}\r\n${metadata}${concat}${until}` +
        'Cache-Control: no-store\r\n',
    }
  })
}

/** `PATCH`: more bytes. */
function* add(request: Request, id: string): Program<Response> {
  const offset = uploadOffset(request.head)
  demandMedia(request)
  const headers = yield* inUpload(request.site, request.access, id, (upload) => addTo(request, upload, offset))
  return { status: 204, headers }
}

/** The body must say that it is bytes of an upload, and nothing else that happens to be sent here. */
function demandMedia({ head }: Request): void {
  const type = head.field('content-type') ?? ''
  if (type.split(';', 1)[0]?.trim().toLowerCase() === offsetMedia) return
  throw new Refusal('unsupported_media', `${type === '' ? 'there is none' : type}. Send ${offsetMedia}`)
}

/** @returns the fields that say how far it has come */
function* addTo({ access, head, body, site }: Request, upload: Upload, offset: number): Program<string> {
  const { record } = upload
  if (!isPartial(record)) access.demand('upload', targetOf(record).path)
  if (isFinal(record)) throw new Refusal('upload_final', upload.id)
  const addition = { offset, source: body, length: body.length, checksums: uploadChecksums(head) }
  const now = yield* append(site, upload, addition)
  const done = now === record.length && !isPartial(record)
  return `Upload-Offset: ${now}\r\n${done ? '' : expires(site, site.environment.date())}`
}

/** `DELETE`: it is not wanted any more. */
function* end(site: Site, access: Access, id: string): Program<Response> {
  yield* inUpload(site, access, id, (upload) => terminate(site, upload))
  return { status: 204, headers: '' }
}

/** `POST`: a new upload, with or without its first bytes. */
function* create(request: Request): Program<Response> {
  const { access, head, site, body } = request
  const concat = uploadConcat(head, request.authority)
  const record = yield* recordOf(request, concat)
  if (concat.kind !== 'partial') {
    const target = targetOf(record)
    request.path = target.path
    yield* admitTarget(site, access, target)
  }
  if (!body.ended) demandBody(request, record, concat)
  yield* sweepUploadsInTime(site)
  const id = yield* concat.kind === 'final' ? concatenate(site, access, record, concat.ids) : createUpload(site, record)
  const location = `Location: ${uploadsPath}/${id}\r\n`
  if (concat.kind === 'final') return { status: 201, headers: `${location}Upload-Offset: ${record.length}\r\n` }
  // Without a byte to come, this request is the last.
  const ready = !body.ended || (record.length === 0 && concat.kind === 'single')
  const fields = ready
    ? yield* begun(request, id, location)
    : `Upload-Offset: 0\r\n${expires(site, site.environment.date())}`
  return { status: 201, headers: location + fields }
}

/** The first bytes. If they cannot be taken, the client is told all the same where the upload is. */
function* begun(request: Request, id: string, location: string): Program<string> {
  try {
    return yield* inUpload(request.site, request.access, id, (upload) => addTo(request, upload, 0))
  } catch (error) {
    throw error instanceof Refusal ? error.withHeaders(location) : error
  }
}

function* recordOf({ access, head, site }: Request, concat: Concat): Program<UploadRecord> {
  const metadata = formatMetadata(parseMetadata(head.field('upload-metadata')))
  const digests = reprDigests(head)
  const length = concat.kind === 'final' ? yield* lengthOfAll(site, access, concat.ids) : uploadLength(head)
  yield* demandRoom(site, length)
  const fresh = head.field('if-none-match') !== undefined
  const { user } = access
  return {
    ...(user === undefined ? {} : { user }),
    length,
    metadata,
    concat: head.field('upload-concat'),
    fresh,
    digests,
  }
}

/** Refuse what would not fit, though it is only claimed as it comes. */
function* demandRoom(site: Site, length: number): Program<void> {
  const room = new Room(site, 'the upload', site.maxUpload)
  try {
    yield* room.announce(length)
  } finally {
    yield* room.end()
  }
}

/** Refuse a body before it is read. */
function demandBody(request: Request, record: UploadRecord, concat: Concat): void {
  demandMedia(request)
  uploadChecksums(request.head)
  if (concat.kind === 'final') throw new Refusal('upload_final', 'that is made of others')
  if ((request.body.length ?? 0) > record.length) {
    throw new Refusal('too_large', `the upload was announced with ${record.length} bytes`)
  }
}
