/** Fetching one file: into memory and then a file where it is small, into a file that can be gone on with, or into a stream. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { formatDigest } from '../core/http/digests.ts'
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import { type Description, describe, describedBy, timeOf } from './description.ts'
import { ClientError, demandGoing } from './errors.ts'
import { compare, type Job } from './job.ts'
import { fetchLarge } from './large.ts'
import { Meter } from './meter.ts'
import { demandSafeName } from './names.ts'
import type { DownloadOptions, DownloadResult, DownloadTarget } from './options.ts'
import { demandFree, storeBytes } from './part.ts'
import { fetchSpan } from './pieces.ts'

const defaultResumeFrom = 8 * 1024 * 1024
/** How often a file that changes while it is fetched is begun anew. */
const versions = 3

/** See `Client.download`. */
export async function download(
  context: Context,
  from: string,
  to: DownloadTarget,
  options: DownloadOptions,
): Promise<DownloadResult> {
  demandGoing(options.signal)
  const path = context.resolve(from)
  const of = await describe(context, path, options.signal)
  const meter = new Meter(options.onProgress)
  meter.totalBytes = of.size
  if (typeof to !== 'string')
    return await fetchInto({ context, path, of, options, progress: meter.file(path.text, of.size) }, to)
  return await fetchFile(context, path, of, await fileOf(path, to), options, meter)
}

/** The local file: in the directory that `to` is, or `to` itself. */
async function fileOf(path: SafePath, to: string): Promise<string> {
  const inside = /[/\\]$/.test(to) || (await stat(to).catch(() => undefined))?.isDirectory()
  if (!inside) return to
  demandSafeName(path.name)
  return join(to, path.name)
}

/**
 * Fetch into a file.
 *
 * @param listed what is known of it already
 * @throws ClientError
 */
export async function fetchFile(
  context: Context,
  path: SafePath,
  listed: Description,
  file: string,
  options: DownloadOptions,
  meter: Meter,
): Promise<DownloadResult> {
  if (!options.overwrite) await demandFree(file)
  const progress = meter.file(path.text, listed.size)
  let of = listed
  for (let left = versions; ; left -= 1) {
    try {
      const large = of.size >= (options.resumeFrom ?? defaultResumeFrom)
      // A listing tells no entity tag, and without one nothing can be gone on with.
      if (large && of.etag === undefined) of = await describe(context, path, options.signal)
      const job = { context, path, of, options, progress }
      const done = await (large ? fetchLarge(job, file) : fetchSmall(job, file))
      progress.finish()
      return { path: path.text, file, size: of.size, ...done }
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'changed' || left === 1) throw error
    }
    of = await describe(context, path, options.signal)
    progress.at(0)
    progress.total = of.size
  }
}

/** All of it is checked before any of it is stored. */
async function fetchSmall(job: Job, file: string): Promise<Pick<DownloadResult, 'etag' | 'verified' | 'resumed'>> {
  const { context, path, of, options, progress } = job
  const bytes = Buffer.allocUnsafe(of.size)
  let answer = of
  const told = await fetchSpan(
    { context, path, of, signal: options.signal, digest: options.verify !== false },
    { at: 0, end: of.size },
    (piece, at) => {
      bytes.set(piece, at)
      progress.at(at + piece.length)
      return undefined
    },
    (response) => {
      if (response.statusCode === 200) answer = describedBy(response, path)
    },
  )
  const verified = compare(told, () => formatDigest('sha-256', createHash('sha256').update(bytes)), path, options)
  const modified = options.keepTime === false ? undefined : timeOf(of.modified, answer.modified)
  await storeBytes(file, bytes, options.overwrite ?? false, modified)
  return { etag: answer.etag ?? of.etag, verified, resumed: 0 }
}

/** Into a stream. What it has taken cannot be taken back: a digest that is wrong is known at the end only. */
async function fetchInto(job: Job, to: Writable): Promise<DownloadResult> {
  const { context, path, of, options, progress } = job
  const digest = options.verify !== false && of.size < defaultResumeFrom
  const hash = digest || options.verify ? createHash('sha256') : undefined
  const take = (piece: Buffer, at: number) => {
    hash?.update(piece)
    progress.at(at + piece.length)
    return to.write(piece) ? undefined : drained(to, options.signal)
  }
  const fetching = { context, path, of, signal: options.signal, digest: hash !== undefined }
  const told = await fetchSpan(fetching, { at: 0, end: of.size }, take)
  const verified = compare(told, () => formatDigest('sha-256', hash as NonNullable<typeof hash>), path, options)
  progress.finish()
  return { path: path.text, file: undefined, size: of.size, etag: of.etag, verified, resumed: 0 }
}

/** @throws ClientError cancelled, local_failure when the stream is gone */
async function drained(to: Writable, signal: AbortSignal | undefined): Promise<void> {
  try {
    await once(to, 'drain', signal === undefined ? {} : { signal })
  } catch (error) {
    demandGoing(signal)
    throw new ClientError('local_failure', `What came could not be passed on: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}
