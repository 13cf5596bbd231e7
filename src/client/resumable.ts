/**
 * Storing a large file by tus 1.0.0 (docs/uploads.md): it is begun, all of it is sent by one request, and after a break
 * the rest of it, from where the server says.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { resolve } from 'node:path'
import { formatDigest } from '../core/http/digests.ts'
import type { SafePath } from '../core/paths.ts'
import { badAnswer } from './answers.ts'
import type { Context } from './context.ts'
import { targetOf } from './endpoint.ts'
import { ClientError, demandGoing, isPassing, refused } from './errors.ts'
import type { FileMeter, Meter } from './meter.ts'
import { Note } from './note.ts'
import { demandUnchanged, type OpenFile } from './open-file.ts'
import type { UploadOptions, UploadResult } from './options.ts'
import { putStream, secondsOf } from './put.ts'
import { retrying } from './retry.ts'

const uploads = '/.twinserve/uploads'
const version = { 'Tus-Resumable': '1.0.0' }
/** How much is read from the file at a time. */
const piece = 1024 * 1024

interface Noted {
  readonly location: string
}

/** An upload that a server without tus refuses to begin is made by `PUT`. */
const unknown: ReadonlySet<string> = new Set(['reserved', 'not_found', 'method_not_allowed', 'not_implemented'])

export async function uploadResumable(
  context: Context,
  path: SafePath,
  file: OpenFile,
  options: UploadOptions,
  meter: Meter,
): Promise<UploadResult> {
  const plain = () =>
    putStream(context, path, file.handle.createReadStream({ autoClose: false, start: 0 }), file.mtimeNs, options, meter)
  // tus has no conditions on what is replaced.
  if (options.ifMatch !== undefined) return await plain()
  const progress = meter.file(path.text, file.size)
  const digest = options.verify ? await digestOf(file, progress, options.signal) : undefined
  const upload = new Resumable(context, path, file, options, progress, digest)
  try {
    await upload.run()
  } catch (error) {
    if (upload.location === undefined && error instanceof ClientError && unknown.has(error.code)) return await plain()
    throw error
  }
  progress.finish()
  const verified = digest === undefined ? 'length' : 'digest'
  return { path: path.text, size: file.size, replaced: undefined, etag: undefined, verified, resumed: upload.resumed }
}

/** The digest of a whole file. @throws ClientError cancelled, changed */
async function digestOf(file: OpenFile, progress: FileMeter, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  let seen = 0
  for await (const bytes of file.handle.createReadStream({ autoClose: false, start: 0, highWaterMark: piece })) {
    demandGoing(signal)
    hash.update(bytes as Buffer)
    seen += (bytes as Buffer).length
    progress.digest(seen)
  }
  await demandUnchanged(file, seen)
  return formatDigest('sha-256', hash)
}

class Resumable {
  /** Bytes that were there before. */
  resumed = 0
  location: string | undefined
  readonly #context: Context
  readonly #path: SafePath
  readonly #file: OpenFile
  readonly #options: UploadOptions
  readonly #progress: FileMeter
  readonly #digest: string | undefined
  readonly #note: Note<Noted>
  /** Bytes that the server is known to have. */
  #offset = 0
  /** Whether the location comes from a note: a file that was stored long ago is no success of today. */
  #noted = false

  constructor(
    context: Context,
    path: SafePath,
    file: OpenFile,
    options: UploadOptions,
    progress: FileMeter,
    digest: string | undefined,
  ) {
    this.#context = context
    this.#path = path
    this.#file = file
    this.#options = options
    this.#progress = progress
    this.#digest = digest
    const { endpoint } = context.http
    const { overwrite = false, verify = false, keepTime = true } = options
    this.#note = new Note(context.stateDirectory, [
      ...['upload', endpoint.url.href, path.text, resolve(file.name)],
      ...[file.size, file.mtimeNs, overwrite, verify, keepTime],
    ])
  }

  async run(): Promise<void> {
    const { signal } = this.#options
    const { attempts, http } = this.#context
    const noted = (await this.#note.read())?.location
    if (typeof noted === 'string' && noted.startsWith(`${uploads}/`)) {
      this.location = noted
      this.#noted = true
    }
    const passing = (error: unknown) => http.passing(error) || isMoved(error)
    try {
      await retrying(attempts, signal, (progressed) => this.#attempt(progressed), passing)
    } catch (error) {
      await this.#end(error)
      throw this.#explain(error)
    }
    await this.#note.remove()
  }

  async #attempt(progressed: () => void): Promise<void> {
    if (this.location !== undefined && (await this.#ask(progressed))) return
    if (this.location === undefined) await this.#begin()
    if (this.#file.size > 0) await this.#send()
  }

  /** Ask how far it has come. @returns whether it is stored: a server that says it has all bytes has given them their name */
  async #ask(progressed: () => void): Promise<boolean> {
    const { signal } = this.#options
    const target = this.location as string
    const accept = [200, 204, 404, 410]
    const { statusCode, headers } = await this.#context.http.ask({
      method: 'HEAD',
      target,
      headers: version,
      accept,
      signal,
    })
    const noted = this.#noted
    this.#noted = false
    const { size } = this.#file
    const offset = numberIn(headers, 'upload-offset')
    const gone = statusCode === 404 || statusCode === 410 || numberIn(headers, 'upload-length') !== size
    // What another process has finished may have been replaced since, or removed.
    if (gone || (noted && offset === size && !(await this.#isStored()))) {
      this.location = undefined
      return false
    }
    if (offset === undefined || offset > size) throw badAnswer(`it has ${offset} of ${size} bytes`)
    if (offset > this.#offset) progressed()
    this.#offset = offset
    this.#progress.at(offset)
    if (noted) this.resumed = offset
    return offset === size
  }

  async #isStored(): Promise<boolean> {
    const { signal } = this.#options
    const accept = [200, 404]
    const target = targetOf(this.#path)
    const { statusCode, headers } = await this.#context.http.ask({ method: 'HEAD', target, accept, signal })
    return statusCode === 200 && Number(headers['content-length']) === this.#file.size
  }

  async #begin(): Promise<void> {
    const { signal, overwrite = false, keepTime = true } = this.#options
    const { size, mtimeNs } = this.#file
    const time = keepTime ? secondsOf(mtimeNs) : undefined
    const metadata = {
      path: this.#path.text,
      overwrite: `${overwrite}`,
      ...(time === undefined ? {} : { mtime: time }),
    }
    const headers: Record<string, string | number> = {
      ...version,
      'Upload-Length': size,
      'Upload-Metadata': metadataOf(metadata),
      'Content-Length': 0,
    }
    if (this.#digest !== undefined) headers['Repr-Digest'] = this.#digest
    const response = await this.#context.http.ask({ method: 'POST', target: uploads, headers, accept: [201], signal })
    const { location = '' } = response.headers
    const { pathname } = new URL(location, 'http://localhost')
    if (!pathname.startsWith(`${uploads}/`)) throw badAnswer(`the upload is at ${JSON.stringify(location)}`)
    this.location = pathname
    this.#offset = 0
    this.resumed = 0
    this.#progress.at(0)
    await this.#note.write({ location: pathname })
  }

  async #send(): Promise<void> {
    const { signal } = this.#options
    const { size } = this.#file
    const body = this.#pieces()
    const headers = { ...version, 'Upload-Offset': this.#offset, 'Content-Type': 'application/offset+octet-stream' }
    const length = size - this.#offset
    const target = this.location as string
    const response = await this.#context.http.ask({
      method: 'PATCH',
      target,
      headers,
      body,
      length,
      accept: [204],
      signal,
    })
    const told = numberIn(response.headers, 'upload-offset')
    if (told !== size) throw badAnswer(`it has ${told} of ${size} bytes after all of them were sent`)
  }

  /**
   * What the server has not got. The last of it only if the file is still what it was when the upload was begun. There are
   * two buffers, which are used in turn (`body.ts`).
   */
  async *#pieces(): AsyncGenerator<Buffer, void> {
    const { handle, size } = this.#file
    let [buffer, spare] = [Buffer.allocUnsafeSlow(piece), Buffer.allocUnsafeSlow(piece)]
    let at = this.#offset
    while (at < size) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(piece, size - at), at)
      at += bytesRead
      if (at === size || bytesRead === 0) await demandUnchanged(this.#file, at)
      this.#progress.at(at)
      yield buffer.subarray(0, bytesRead)
      ;[buffer, spare] = [spare, buffer]
    }
  }

  /** After a failure: whatever cannot be gone on with is not left on the server. */
  async #end(error: unknown): Promise<void> {
    const later = isPassing(error) || (error instanceof ClientError && error.code === 'cancelled')
    if ((later && this.#note.kept) || this.location === undefined) return
    await this.#note.remove()
    await this.#context.http.ask({ method: 'DELETE', target: this.location, headers: version }).catch(() => {})
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof ClientError) || error.code !== 'exists') return error
    // The answer to `HEAD` has no sentence.
    return new ClientError('exists', refused('exists', this.#path.text).message, { status: error.status })
  }
}

/** Whether the upload stands elsewhere than was thought: it is asked again. */
function isMoved(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false
  return (
    error.status === 410 ||
    (error.status === 409 && ((error.code as string) === 'wrong_offset' || error.code === 'changed'))
  )
}

/** `Upload-Metadata`: keys, and values in base64. */
function metadataOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')
}

function numberIn(headers: IncomingMessage['headers'], name: string): number | undefined {
  const field = headers[name]
  return typeof field === 'string' && /^\d{1,15}$/.test(field) ? Number(field) : undefined
}
