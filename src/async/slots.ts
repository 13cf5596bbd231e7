/**
 * The memory that the event loop and its file threads share: a slot for each file that is being loaded.
 *
 * A slot has nine words, which say what was found, and room for the file. The thread writes it before it tells of the
 * slot, and the loop reads it afterwards: the messages between them put one before the other.
 */
import { loanSize } from '../core/buffers.ts'
import type { FileKind, FileStatus } from '../core/calls.ts'

/** As many files as can be on their way at a time: the rest wait for a slot. */
export const slotCount = 64
/** The largest file, and a byte more: a file that fills the slot may be larger. */
export const slotBytes = loanSize

const words = 9
const kinds: readonly FileKind[] = ['file', 'directory', 'link', 'other']

/** Told in place of an errno. */
export const declined = 1

/** What a thread has found. */
export interface Finding {
  /** Negative, as libuv has it: 0 when nothing failed, `declined` when nothing was done. */
  readonly errno: number
  readonly status: FileStatus
  /** -1 when the file was closed again. */
  readonly fd: number
  readonly length: number
}

export class Slots {
  readonly memory: SharedArrayBuffer
  private readonly facts: BigInt64Array
  private readonly content: Buffer

  constructor(memory = new SharedArrayBuffer(slotCount * (words * 8 + slotBytes))) {
    this.memory = memory
    this.facts = new BigInt64Array(memory, 0, slotCount * words)
    this.content = Buffer.from(memory, slotCount * words * 8)
  }

  /** The room for the file. */
  room(slot: number): Buffer {
    return this.content.subarray(slot * slotBytes, (slot + 1) * slotBytes)
  }

  fail(slot: number, errno: number): void {
    this.facts[slot * words] = BigInt(errno)
  }

  tell(slot: number, status: FileStatus, fd: number, length: number): void {
    const { kind, size, mtimeNs, device, inode, permissions } = status
    this.facts.set(
      [
        0n,
        BigInt(kinds.indexOf(kind)),
        BigInt(size),
        mtimeNs,
        BigInt(device),
        BigInt(inode),
        BigInt(permissions),
        BigInt(fd),
        BigInt(length),
      ],
      slot * words,
    )
  }

  finding(slot: number): Finding {
    const at = slot * words
    const word = (index: number) => this.facts[at + index] as bigint
    const status: FileStatus = {
      kind: kinds[Number(word(1))] as FileKind,
      size: Number(word(2)),
      mtimeNs: word(3),
      device: Number(word(4)),
      inode: Number(word(5)),
      permissions: Number(word(6)),
    }
    return { errno: Number(word(0)), status, fd: Number(word(7)), length: Number(word(8)) }
  }
}
