/**
 * The record of an upload: what was said when it was begun. It is on disk before the upload has its name, and never changes.
 */
import { Loan } from '../buffers.ts'
import type { Directory } from '../calls.ts'
import type { Algorithm } from '../http/digests.ts'
import type { SafePath } from '../paths.ts'
import { call, type Program } from '../program.ts'
import { overwriteOf, parseMetadata, pathOf, timeOf } from './metadata.ts'
import { recordName } from './names.ts'

export interface UploadRecord {
  /** Who began it: nobody else may go on. Undefined for one who had not logged in. */
  readonly user?: string | undefined
  /** Bytes of all of it. */
  readonly length: number
  /** `Upload-Metadata`, as it is given back. Empty when there was none. */
  readonly metadata: string
  /** `Upload-Concat`, as it is given back: `partial`, or `final;` and what it was made of. */
  readonly concat?: string | undefined
  /** Whether the name must be free, whatever the metadata says. */
  readonly fresh: boolean
  /** What the whole file must have (RFC 9530), with the value in base64. */
  readonly digests: readonly (readonly [algorithm: Algorithm, value: string])[]
}

/** Whether it is only to be made part of another. */
export function isPartial({ concat }: UploadRecord): boolean {
  return concat === 'partial'
}

/** Whether it was made of others. */
export function isFinal({ concat }: UploadRecord): boolean {
  return concat?.startsWith('final;') ?? false
}

/** What is to become of the bytes once they are all there. */
export interface Target {
  readonly path: SafePath
  readonly replace: boolean
  /** What its time is to be, in nanoseconds since 1970. */
  readonly mtimeNs: bigint | undefined
}

/** @throws Refusal bad_parameter, bad_name, reserved: only when the record is new, for one on disk has been checked */
export function targetOf({ metadata, fresh }: UploadRecord): Target {
  const pairs = parseMetadata(metadata)
  const replace = overwriteOf(pairs)
  return { path: pathOf(pairs), replace: replace && !fresh, mtimeNs: timeOf(pairs) }
}

/** The record of an upload that is open. @returns undefined when there is none that can be read */
export function* readRecord(directory: Directory): Program<UploadRecord | undefined> {
  const loan = new Loan()
  try {
    const { fd, length } = yield* call('load', directory, recordName, loan.room)
    if (fd === undefined) return parseRecord(Buffer.from(loan.room.subarray(0, length)).toString())
    yield* call('close', fd)
    return undefined
  } finally {
    loan.end()
  }
}

function parseRecord(text: string): UploadRecord | undefined {
  try {
    return JSON.parse(text) as UploadRecord
  } catch {
    return undefined
  }
}
