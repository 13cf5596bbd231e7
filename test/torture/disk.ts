/**
 * A disk that remembers, in order, every write and every flush that the kernel has sent it.
 *
 * It is a file system of one file (FUSE, fuse(4)), served by this process; a loop device on that file is the disk. The
 * kernel writes through to it, and asks for `FSYNC` where a real disk would be told to flush its cache. So what would be
 * left after a power cut can be told for any moment, without cutting anything: see `survivors.ts`.
 *
 * Whoever uses it must not make a blocking call on what is mounted from it: the answer comes from the same thread.
 */
import { close, openSync, read, writeFileSync, writevSync } from 'node:fs'
import { run } from './commands.ts'

/** One thing that happened, in its place among the others. */
export type Event =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'flush' }
  /** Something outside of the disk: an operation begun or acknowledged. */
  | { readonly kind: 'note' }

/** The requests that the kernel makes of one file (linux/fuse.h). */
const FORGET = 2
const GETATTR = 3
const SETATTR = 4
const OPEN = 14
const READ = 15
const WRITE = 16
const RELEASE = 18
const FSYNC = 20
const FLUSH = 25
const INIT = 26
const INTERRUPT = 36
const DESTROY = 38
const BATCH_FORGET = 42

const ENOSYS = 38
const headBytes = 40
const maxWrite = 1024 * 1024
const attributesBytes = 88

export class RecordingDisk {
  /** The path of the file that is the disk. */
  readonly path: string
  readonly log: Event[] = []
  /** How many of them are notes. */
  notes = 0
  /** What is on it now. */
  readonly #image: Buffer
  readonly #device: number
  readonly #room = Buffer.alloc(headBytes + 40 + maxWrite)
  #detached: () => void = () => {}

  private constructor(path: string, image: Buffer, device: number) {
    this.path = path
    this.#image = image
    this.#device = device
  }

  /** Make a disk. @param path a name that nothing has @param image what is on it, which is changed */
  static async attach(path: string, image: Buffer): Promise<RecordingDisk> {
    const device = openSync('/dev/fuse', 'r+')
    writeFileSync(path, '')
    const options = 'fd=3,rootmode=100600,user_id=0,group_id=0'
    await run('mount', ['-i', '-t', 'fuse.disk', '-o', options, 'disk', path], device)
    const disk = new RecordingDisk(path, image, device)
    disk.#listen()
    return disk
  }

  async detach(): Promise<void> {
    const detached = new Promise<void>((resolve) => {
      this.#detached = resolve
    })
    // Lazily: another process that was cloned with all mounts, such as by unshare(1), may still hold it.
    await run('umount', ['--lazy', this.path])
    await detached
  }

  /** The moment: how many things have happened so far. */
  get now(): number {
    return this.log.length
  }

  /** Give something outside of the disk its place. @returns the moment before it */
  note(): number {
    this.notes += 1
    return this.log.push({ kind: 'note' }) - 1
  }

  #listen(): void {
    read(this.#device, this.#room, 0, this.#room.length, null, (error, count) => {
      // fuse(4): ENODEV once it is unmounted; the other two mean that the request was taken back.
      if (error?.code === 'ENODEV') close(this.#device, () => this.#detached())
      else if (error !== null && error.code !== 'EINTR' && error.code !== 'ENOENT') throw error
      else {
        if (error === null) this.#answer(this.#room.subarray(0, count))
        this.#listen()
      }
    })
  }

  #answer(request: Buffer): void {
    const operation = request.readUInt32LE(4)
    if (operation === FORGET || operation === BATCH_FORGET || operation === INTERRUPT) return
    const content = this.#perform(operation, request)
    const head = Buffer.alloc(16)
    head.writeUInt32LE(head.length + (content?.length ?? 0), 0)
    head.writeInt32LE(content === undefined ? -ENOSYS : 0, 4)
    request.copy(head, 8, 8, 16)
    writevSync(this.#device, [head, content ?? Buffer.alloc(0)])
  }

  /** @returns what is answered, or undefined for what is not supported */
  #perform(operation: number, request: Buffer): Buffer | undefined {
    if (operation === INIT) return greeting()
    if (operation === GETATTR || operation === SETATTR) return attributes(this.#image.length)
    if (operation === OPEN) return Buffer.alloc(16)
    if (operation === READ || operation === WRITE) return this.#transfer(operation, request)
    if (operation === FSYNC) this.log.push({ kind: 'flush' })
    const nothing = operation === FSYNC || operation === FLUSH || operation === RELEASE || operation === DESTROY
    return nothing ? Buffer.alloc(0) : undefined
  }

  #transfer(operation: number, request: Buffer): Buffer {
    const at = Number(request.readBigUInt64LE(headBytes + 8))
    const size = request.readUInt32LE(headBytes + 16)
    if (operation === READ) return this.#image.subarray(at, at + size)
    const bytes = Buffer.from(request.subarray(headBytes + 40, headBytes + 40 + size))
    bytes.copy(this.#image, at)
    this.log.push({ kind: 'write', at, bytes })
    const written = Buffer.alloc(8)
    written.writeUInt32LE(size, 0)
    return written
  }
}

/** `struct fuse_init_out`: without a cache for writing, so that each write is told before it is done. */
function greeting(): Buffer {
  const out = Buffer.alloc(64)
  out.writeUInt32LE(7, 0)
  out.writeUInt32LE(31, 4)
  out.writeUInt32LE(128 * 1024, 8)
  const bigWrites = 1 << 5
  const maxPages = 1 << 22
  out.writeUInt32LE(bigWrites | maxPages, 12)
  out.writeUInt16LE(12, 16)
  out.writeUInt16LE(9, 18)
  out.writeUInt32LE(maxWrite, 20)
  out.writeUInt32LE(1, 24)
  out.writeUInt16LE(maxWrite / 4096, 28)
  return out
}

/** `struct fuse_attr_out`. */
function attributes(size: number): Buffer {
  const out = Buffer.alloc(16 + attributesBytes)
  out.writeBigUInt64LE(1000n, 0)
  out.writeBigUInt64LE(1n, 16)
  out.writeBigUInt64LE(BigInt(size), 24)
  out.writeBigUInt64LE(BigInt(size / 512), 32)
  out.writeUInt32LE(0o100600, 76)
  out.writeUInt32LE(1, 80)
  out.writeUInt32LE(4096, 96)
  return out
}
