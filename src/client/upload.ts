/** Storing one file: by one `PUT` where it is small, resumable where it is not. */
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import { ClientError, demandGoing, ofLocal, refused } from './errors.ts'
import { Meter } from './meter.ts'
import type { UploadOptions, UploadResult, UploadSource } from './options.ts'
import { putBytes, putStream } from './put.ts'
import { uploadResumable } from './resumable.ts'

export const defaultResumeFrom = 8 * 1024 * 1024

/** What is uploaded from a file that is open. */
export interface OpenFile {
  readonly handle: FileHandle
  /** Its path, as the caller wrote it. */
  readonly name: string
  readonly size: number
  readonly mtimeNs: bigint
}

/** See `Client.upload`. */
export async function upload(
  context: Context,
  source: UploadSource,
  to: string,
  options: UploadOptions,
  meter = new Meter(options.onProgress),
): Promise<UploadResult> {
  demandGoing(options.signal)
  const path = placeOf(context, source, to)
  if (source instanceof Uint8Array) return await putBytes(context, path, source, undefined, options, meter)
  if (typeof source !== 'string') return await putStream(context, path, Readable.from(source), options, meter)
  const file = await openFile(source)
  try {
    if (file.size >= (options.resumeFrom ?? defaultResumeFrom)) {
      return await uploadResumable(context, path, file, options, meter)
    }
    const bytes = await readWhole(file)
    return await putBytes(context, path, bytes, file.mtimeNs, options, meter)
  } finally {
    await file.handle.close()
  }
}

function placeOf({ resolve }: Context, source: UploadSource, to: string): SafePath {
  const path = resolve(to)
  if (!path.slash) return path
  if (typeof source !== 'string') throw refused('is_directory', path.text)
  return resolve(`${path.isRoot ? '' : path.text}/${basename(source)}`)
}

async function openFile(name: string): Promise<OpenFile> {
  try {
    const handle = await open(name, 'r')
    try {
      const { size, mtimeNs } = await regular(handle, name)
      return { handle, name, size: Number(size), mtimeNs }
    } catch (error) {
      await handle.close()
      throw error
    }
  } catch (error) {
    throw ofLocal(error, name)
  }
}

async function regular(handle: FileHandle, name: string) {
  const stats = await handle.stat({ bigint: true })
  if (stats.isDirectory()) throw new ClientError('is_directory', `${name} is a directory here.`)
  if (!stats.isFile()) throw new ClientError('not_a_file', `${name} is not a regular file here.`)
  return stats
}

async function readWhole(file: OpenFile): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(file.size)
  let at = 0
  while (at < file.size) {
    const { bytesRead } = await file.handle.read(bytes, at, file.size - at, at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  await demandUnchanged(file, at)
  return bytes
}

/** What is stored must be one state of the file. @param seen bytes that were read @throws ClientError changed */
export async function demandUnchanged({ handle, name, size, mtimeNs }: OpenFile, seen: number): Promise<void> {
  const now = await handle.stat({ bigint: true })
  if (seen === size && Number(now.size) === size && now.mtimeNs === mtimeNs) return
  throw new ClientError(
    'changed',
    `${name} was changed here while it was uploaded. Try again when nobody writes to it.`,
  )
}
