/** What one version of a file is fetched with, and how it is verified. */
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import { type Description, demandDigest, noDigest } from './description.ts'
import type { FileMeter } from './meter.ts'
import type { DownloadOptions, Verified } from './options.ts'

export interface Job {
  readonly context: Context
  readonly path: SafePath
  readonly of: Description
  readonly options: DownloadOptions
  readonly progress: FileMeter
}

/** @param told the server's digest @param make makes that of what came */
export function compare(
  told: string | undefined,
  make: () => string,
  path: SafePath,
  { verify }: DownloadOptions,
): Verified {
  if (told !== undefined && verify !== false) {
    demandDigest(told, make(), path)
    return 'digest'
  }
  if (verify) throw noDigest(path)
  return 'length'
}
