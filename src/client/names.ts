/**
 * Names that the server tells, before they become names of local files.
 *
 * A listing can say anything: `../../.bashrc`, `a/b`, an empty name, or on Windows a name that is a device. Nothing is
 * corrected: what could lie elsewhere than it says is refused, and named.
 */
import { lstat, mkdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Refusal } from '../core/errors.ts'
import { checkName } from '../core/paths.ts'
import { ClientError, ofLocal } from './errors.ts'

/** Devices, with or without an ending (https://learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const devices = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what Windows refuses
const forbidden = /[<>:"|?*\u0000-\u001f]|[. ]$/

/** @throws ClientError unsafe_name */
export function demandSafeName(name: string, platform: NodeJS.Platform = process.platform): void {
  const why = unsafe(name, platform)
  if (why === undefined) return
  throw new ClientError(
    'unsafe_name',
    `The server tells of a file named ${JSON.stringify(name)}, which cannot be stored here: ${why}.`,
  )
}

function unsafe(name: string, platform: NodeJS.Platform): string | undefined {
  try {
    checkName(name)
  } catch (error) {
    return (error as Refusal).message.replace(/^.*?: (.*)\.$/, '$1')
  }
  if (platform !== 'win32') return undefined
  if (devices.test(name)) return 'on Windows it is the name of a device'
  return forbidden.test(name) ? 'Windows does not allow its characters' : undefined
}

/**
 * A directory below another, made unless it is there.
 *
 * @param within the real path that it must not lead out of
 * @throws ClientError unsafe_name when a symbolic link leads out of it
 */
export async function directoryWithin(within: string, parent: string, name: string): Promise<string> {
  const path = join(parent, name)
  try {
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    const real = (await lstat(path)).isSymbolicLink() ? await realpath(path) : path
    if (real !== path && real !== within && !real.startsWith(within + sep)) {
      throw new ClientError(
        'unsafe_name',
        `${path} is a symbolic link that leads out of ${within}, and is not followed.`,
      )
    }
  } catch (error) {
    throw ofLocal(error, path)
  }
  return path
}
