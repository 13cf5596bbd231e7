/**
 * Fetching a large file: into `NAME.part`, over several connections where it is very large, noting what has come so that
 * a later process can go on.
 */
import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatDigest } from '../core/http/digests.ts'
import { digestTold, noDigest, timeOf, wantDigest } from './description.ts'
import { targetOf } from './endpoint.ts'
import { ClientError, cancelled, demandGoing, isPassing, ofLocal } from './errors.ts'
import { compare, type Job } from './job.ts'
import { Note } from './note.ts'
import type { DownloadResult } from './options.ts'
import { createPart, publish } from './part.ts'
import { fetchSpan, type Span } from './pieces.ts'
import { Sink } from './sink.ts'

/** Below this, one connection is as good as several. */
const parallelFrom = 64 * 1024 * 1024
const defaultParallel = 4
/** After how many bytes what has come is put on disk and noted: what the end of the machine may cost. */
const noteEvery = 64 * 1024 * 1024
const readAtATime = 1024 * 1024

interface Noted {
  readonly etag: string | undefined
  /** The inode of the part: another file that has its name by now is somebody else's. */
  readonly inode: number
  readonly size: number
  /** What is missing, as first and last byte: the spans that are not complete. */
  readonly missing: readonly (readonly [at: number, end: number])[]
}

/** One version of the file, as it is fetched into a local file. @throws ClientError changed when there is another one now */
export async function fetchLarge(
  job: Job,
  file: string,
): Promise<Pick<DownloadResult, 'etag' | 'verified' | 'resumed'>> {
  const { context, path, of, options } = job
  if (options.verify) await demandTold(job)
  const about = ['download', context.http.endpoint.url.href, path.text, resolve(file)]
  const note = new Note<Noted>(context.stateDirectory, about)
  const part = `${file}.part`
  const large = await Large.open(job, part, note)
  try {
    const told = await large.fetch()
    const digest = told === undefined || !options.verify ? undefined : await large.digest()
    const verified = compare(told, () => digest ?? '', path, { verify: options.verify ?? false })
    const modified = options.keepTime === false ? undefined : timeOf(of.modified, large.modified ?? of.modified)
    await publish(large.handle, part, file, options.overwrite ?? false, modified)
    await note.remove()
    return { etag: of.etag, verified, resumed: large.resumed }
  } catch (error) {
    await large.leave(canGoOn(error))
    throw error
  } finally {
    await large.handle.close()
  }
}

/** Whether what has come is worth keeping after a failure. */
function canGoOn(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false
  return isPassing(error) || ['cancelled', 'storage_full', 'local_failure', 'exists'].includes(error.code)
}

/** Ask before gigabytes are fetched that could not be verified. @throws ClientError unverified */
async function demandTold({ context, path, options: { signal } }: Job): Promise<void> {
  const response = await context.http.ask({ method: 'HEAD', target: targetOf(path), headers: wantDigest, signal })
  if (digestTold(response) === undefined) throw noDigest(path)
}

class Large {
  readonly handle: FileHandle
  /** Bytes that had come before. */
  readonly resumed: number
  /** What the answers say of its time, in milliseconds since 1970. */
  modified: number | undefined
  readonly #job: Job
  readonly #part: string
  readonly #note: Note<Noted>
  readonly #spans: readonly { readonly span: Span; readonly sink: Sink }[]
  #noted: number
  #noting: Promise<void> = Promise.resolve()

  constructor(job: Job, part: string, handle: FileHandle, note: Note<Noted>, missing: Noted['missing']) {
    this.#job = job
    this.#part = part
    this.handle = handle
    this.#note = note
    this.#spans = missing.map(([at, end]) => ({ span: { at, end }, sink: new Sink(handle, at) }))
    this.resumed = this.#come()
    this.#noted = this.resumed
    job.progress.at(this.resumed)
  }

  /** Go on with what an earlier process has left, if it is of the same version. Otherwise begin. */
  static async open(job: Job, part: string, note: Note<Noted>): Promise<Large> {
    const noted = await note.read()
    const { of, options } = job
    if (noted !== undefined) {
      const handle = await reopen(part, noted.inode)
      const missing = noted.etag !== undefined && noted.etag === of.etag ? missingIn(noted, of.size) : undefined
      if (handle !== undefined && missing !== undefined) return new Large(job, part, handle, note, missing)
      // It is ours, and of a version that is no more.
      await handle?.close()
      if (handle !== undefined) await unlink(part)
    }
    const pieces = of.size >= parallelFrom ? Math.max(1, options.parallel ?? defaultParallel) : 1
    const handle = await createPart(part)
    const large = new Large(job, part, handle, note, divided(of.size, pieces))
    // From now on a process that finds it knows that it is ours.
    if (note.kept) await large.#keep().catch(() => {})
    return large
  }

  /** @returns the server's digest, if it was asked for and told */
  async fetch(): Promise<string | undefined> {
    const { context, path, of, options } = this.#job
    demandGoing(options.signal)
    const stop = new AbortController()
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
    // Each span listens, and more than ten are no mistake.
    setMaxListeners(0, signal)
    const fetching = { context, path, of, signal, digest: options.verify === true }
    let failure: unknown
    const fetched = this.#spans.map(async ({ span, sink }) => {
      try {
        const told = await fetchSpan(
          fetching,
          span,
          (piece) => this.#take(sink, piece),
          ({ headers }) => {
            this.modified = Date.parse(headers['last-modified'] ?? '') || undefined
          },
        )
        await sink.flush()
        return told
      } catch (error) {
        failure ??= ofLocal(error, this.#part)
        stop.abort()
        return undefined
      }
    })
    const [told] = await Promise.all(fetched)
    await this.#noting
    if (options.signal?.aborted) throw cancelled(options.signal)
    if (failure !== undefined) throw failure
    return told
  }

  /** The digest of what is in the file now. */
  async digest(): Promise<string> {
    const { of, progress, options } = this.#job
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(readAtATime)
    for (let at = 0; at < of.size; ) {
      demandGoing(options.signal)
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) break
      hash.update(buffer.subarray(0, bytesRead))
      at += bytesRead
      progress.digest(at)
    }
    return formatDigest('sha-256', hash)
  }

  /** After a failure. @param keep whether a later process is to go on */
  async leave(keep: boolean): Promise<void> {
    await this.#noting
    for (const { sink } of this.#spans) await sink.flush().catch(() => {})
    if (keep && this.#note.kept && this.#job.of.etag !== undefined) {
      await this.#keep().catch(() => {})
      return
    }
    await this.#note.remove()
    await unlink(this.#part).catch(() => {})
  }

  #take(sink: Sink, piece: Buffer): Promise<void> | undefined {
    this.#job.progress.add(piece.length)
    const taken = sink.add(piece)
    const come = this.#come()
    if (this.#note.kept && come - this.#noted >= noteEvery) {
      this.#noted = come
      this.#noting = this.#noting.then(() => this.#keep()).catch(() => {})
    }
    return taken
  }

  /** Note what has been written, once it is on disk. */
  async #keep(): Promise<void> {
    const missing = this.#missing()
    await this.handle.datasync()
    const { etag, size } = this.#job.of
    await this.#note.write({ etag, inode: (await this.handle.stat()).ino, size, missing })
  }

  #missing(): [number, number][] {
    return this.#spans.map(({ span, sink }): [number, number] => [sink.written, span.end])
  }

  /** Bytes that are written. */
  #come(): number {
    const missing = this.#missing().reduce((sum, [at, end]) => sum + end - at, 0)
    return this.#job.of.size - missing
  }
}

/** What is missing by a note; undefined if the note cannot be about a file of this size. */
function missingIn({ size, missing }: Partial<Noted>, wanted: number): Noted['missing'] | undefined {
  if (size !== wanted || !Array.isArray(missing)) return undefined
  const spans = missing as Noted['missing']
  const fine = spans.every(([at, end]) => Number.isSafeInteger(at) && at >= 0 && at <= end && end <= size)
  return fine ? spans : undefined
}

/** A file in so many spans, of almost one length. */
function divided(size: number, count: number): [number, number][] {
  const length = Math.ceil(size / count)
  return Array.from({ length: count }, (_, i): [number, number] => [
    Math.min(size, i * length),
    Math.min(size, (i + 1) * length),
  ])
}

/** What an earlier process has made. Undefined if it is not there, or another file has its name. */
async function reopen(part: string, inode: number | undefined): Promise<FileHandle | undefined> {
  // A FIFO is not waited for.
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(part, flags).catch(() => undefined)
  if (handle === undefined) return undefined
  const stats = await handle.stat()
  if (stats.isFile() && stats.ino === inode) return handle
  await handle.close()
  return undefined
}
