/** A local file, as it is read for an upload: one state of it, or none. */
import { type FileHandle, open } from 'node:fs/promises'
import { ClientError, ofLocal } from './errors.ts'

/** What is uploaded from a file that is open. */
export interface OpenFile {
  readonly handle: FileHandle
  /** Its path, as the caller wrote it. */
  readonly name: string
  readonly size: number
  readonly mtimeNs: bigint
}

/** @throws ClientError not_found, is_directory, not_a_file, local_failure */
export async function openFile(name: string): Promise<OpenFile> {
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

/** All of it at once, if it is small. @throws ClientError changed */
export async function readWhole(file: OpenFile): Promise<Uint8Array> {
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
