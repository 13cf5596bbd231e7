/** A local file in the making: under another name until it is complete and on disk. */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { existsHere, ofLocal } from './errors.ts'

/** Nothing is followed: what has the name and is a link was not made by us. */
const creating = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** @throws ClientError exists when something has the name */
export async function demandFree(file: string): Promise<void> {
  const there = await lstat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw ofLocal(error, file)
    },
  )
  if (there) throw existsHere(file)
}

/** What is then wrong is not the name, but the directory that should hold it. */
const ofDirectory = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'])

/** @throws ClientError exists, not_found, … */
export async function createPart(name: string): Promise<FileHandle> {
  try {
    return await open(name, creating, 0o666)
  } catch (error) {
    // Nobody has typed the name that the part has.
    throw ofLocal(error, ofDirectory.has((error as NodeJS.ErrnoException).code ?? '') ? dirname(name) : name)
  }
}

/**
 * A file of bytes that are all there.
 *
 * @throws ClientError exists
 */
export async function storeBytes(
  file: string,
  bytes: Uint8Array,
  overwrite: boolean,
  modified: number | undefined,
): Promise<void> {
  const part = `${file}.${randomUUID().slice(0, 8)}.part`
  const handle = await createPart(part)
  try {
    await handle.writeFile(bytes)
    await publish(handle, part, file, overwrite, modified)
  } catch (error) {
    await unlink(part).catch(() => {})
    throw ofLocal(error, file)
  } finally {
    await handle.close()
  }
}

/**
 * Give a complete file its name.
 *
 * @param modified milliseconds since 1970, or undefined to leave its time
 * @throws ClientError exists when something has the name, and may not be replaced
 */
export async function publish(
  handle: FileHandle,
  part: string,
  file: string,
  overwrite: boolean,
  modified: number | undefined,
): Promise<void> {
  try {
    if (modified !== undefined) {
      // libuv cuts seconds off to microseconds, and a millisecond must not lose its last.
      const seconds = modified / 1000 + 5e-7
      await handle.utimes(seconds, seconds)
    }
    await handle.sync()
    if (overwrite) await rename(part, file)
    else await renameToFree(part, file)
  } catch (error) {
    throw ofLocal(error, file)
  }
}

/** As `rename`, but never over what has the name: a link is refused where something is. */
async function renameToFree(part: string, file: string): Promise<void> {
  try {
    await link(part, file)
  } catch (error) {
    // File systems without links (FAT, some network shares): a name that is made now is certainly free.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error
    await (await open(file, creating)).close()
    await rename(part, file)
    return
  }
  await unlink(part)
}
