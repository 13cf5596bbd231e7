/** Directories of one's own, for what is kept between runs. */
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Make a directory and those above it that are missing, as `mkdir -p` does (mkdir(1)).
 *
 * Node's own way, `recursive`, does not come back where a directory that exists takes no other and mkdir(2) says ENOENT for it, as `/proc` does, and
 * what an automounter watches: it goes up to the one that exists and down again for ever.
 *
 * @param mode of those that are made
 * @returns whether it was made: false when it was there
 * @throws what mkdir(2) says of the first that cannot be made
 */
export async function makeDirectories(path: string, mode = 0o777): Promise<boolean> {
  try {
    return await make(path, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
  }
  await makeDirectories(dirname(path), mode)
  return await make(path, mode)
}

/** The last of them. Somebody else may have made it meanwhile. */
async function make(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode })
    return true
  } catch (error) {
    const status = await stat(path).catch(() => undefined)
    if (status?.isDirectory()) return false
    throw error
  }
}
