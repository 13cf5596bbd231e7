/** Reading what a run has recorded. */
import fs from 'node:fs'
import type { Outcome } from './recording.ts'

/** One request; seconds from the begin of the run, NaN for what did not happen. */
export interface RawRequest {
  readonly request: number
  readonly target: number
  readonly connection: number
  readonly due: number
  readonly begun: number
  readonly sent: number
  readonly first: number
  readonly last: number
  /** When it was answered, or known to have failed. */
  readonly ended: number
  readonly outcome: Outcome
  readonly bytes: number
}

/** @throws when it is no such file */
export function readRaw(file: string): RawRequest[] {
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
  return lines.map((line) => {
    const record = JSON.parse(line) as Record<string, number | string | null>
    const time = (name: string) => (record[name] === null ? Number.NaN : (record[name] as number) / 1e6)
    return {
      request: record.request as number,
      target: record.target as number,
      connection: record.connection as number,
      due: time('due'),
      begun: time('begun'),
      sent: time('sent'),
      first: time('first'),
      last: time('last'),
      // Absent in files that are older.
      ended: time('ended' in record ? 'ended' : 'last'),
      outcome: record.outcome as Outcome,
      bytes: record.bytes as number,
    }
  })
}
