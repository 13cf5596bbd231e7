/** A run of the generator against the server whose truth is known, tried again while it is void. */
import path from 'node:path'
import type { Target } from '../load/order.ts'
import type { GeneratorProcess, PartialOrder, Report } from '../load/process.ts'
import { type RawRequest, readRaw } from '../load/raw.ts'

/** The server takes the time that belongs to the number in the path. */
const targets: readonly Target[] = [{ method: 'GET', path: '/{n}', status: 200, weight: 1 }]

export interface Attempted {
  readonly report: Report
  readonly samples: readonly RawRequest[]
}

export interface Attempts {
  readonly tries: number
  /** For the requests of a run. */
  readonly scratch: string
  /** Is told why a run was void. */
  readonly say?: (text: string) => void
}

/** @param pid the server's @returns undefined when all tries were void */
export async function attempt(
  generator: GeneratorProcess,
  pid: number,
  order: Omit<PartialOrder, 'targets'>,
  { tries, scratch, say }: Attempts,
): Promise<Attempted | undefined> {
  const raw = path.join(scratch, 'truth.jsonl')
  for (let left = tries; left > 0; left -= 1) {
    const report = await generator.load({ ...order, targets, raw }, pid)
    if (report.spoilt.length === 0) return { report, samples: readRaw(raw) }
    for (const reason of report.spoilt) say?.(`  void: ${reason}`)
  }
  return undefined
}
