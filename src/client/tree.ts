/** What storing and fetching a directory with all that is in it have in common: the files that were found follow, some at a time. */
import type { SafePath } from '../core/paths.ts'
import { cancelled, TreeError } from './errors.ts'
import { Meter } from './meter.ts'
import type { TreeOptions, TreeResult } from './options.ts'
import { eachOf, Failures } from './pool.ts'

const defaultConcurrency = 8

/** A file to be transferred. */
export interface Found {
  readonly path: SafePath
  /** Its local path. */
  readonly file: string
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
}

/** A time as listings have it. `mtimeMs` will not do: it is a number, and the last tenth of a microsecond is rounded up to the next millisecond. */
export function millisecondsOf(mtimeNs: bigint): number {
  return Number(mtimeNs / 1_000_000n)
}

/** What looking through a tree has come to. */
export class Findings<F extends Found> {
  readonly found: F[] = []
  readonly failures = new Failures()
  /** Of all files. */
  bytes = 0
  directories = 0

  add(file: F): void {
    this.bytes += file.size
    this.found.push(file)
  }
}

/** What is done with each file. */
export interface Handling<F extends Found> {
  /** Whether it has been transferred already. @throws ClientError when another one is there and may not be replaced */
  isThere(found: F, options: TreeOptions): Promise<boolean>
  transfer(found: F, options: TreeOptions, meter: Meter): Promise<unknown>
  /** What is told when some could not be transferred. */
  explain(failures: number): string
}

/** @throws TreeError when some could not be transferred, after the others have been; what ends everything, at once */
export async function transferAll<F extends Found>(
  { found, failures, bytes, directories }: Findings<F>,
  options: TreeOptions,
  { isThere, transfer, explain }: Handling<F>,
): Promise<TreeResult> {
  const meter = new Meter(options.onProgress, found.length)
  meter.totalBytes = bytes
  let unchanged = 0
  const one = async (each: F, signal: AbortSignal) => {
    try {
      const cancellable = { ...options, signal }
      if (!(await isThere(each, cancellable))) {
        await transfer(each, cancellable, meter)
        return
      }
      unchanged += 1
      const progress = meter.file(each.path.text, each.size)
      progress.at(each.size)
      progress.finish()
    } catch (error) {
      failures.add(error)
    }
  }
  await eachOf(found, options.concurrency ?? defaultConcurrency, options.signal, one)
  if (options.signal?.aborted) throw cancelled(options.signal)
  const failed = failures.found
  if (failed.length > 0) throw new TreeError(failed, explain(failed.length))
  return { files: meter.files - unchanged, unchanged, directories, bytes: meter.bytes }
}
