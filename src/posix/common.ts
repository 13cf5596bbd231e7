/**
 * What all servers on a directory have in common: a file that they lock, and a page of memory that they map.
 *
 * - The lock is `flock(2)`: it belongs to one opening of the file, so it keeps out the other threads of a process as well as
 *   other processes, and the kernel gives it back when its holder ends, however it ends.
 * - The memory lies in a file beside the lock. Only file systems that never need new room for what has room already may
 *   hold it: elsewhere a full disk would end the process (SIGBUS). For those it lies in /dev/shm (shm_overview(7)), for the servers of one user.
 * - Mapped memory stays so until the process ends: a page for each server that it has run.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'
import { sharedBytes } from '../core/files/shared-memory.ts'
import { isLinux, LOCK_EX, LOCK_NB, LOCK_UN, MAP_SHARED, PROT_READ, PROT_WRITE } from './platform.ts'
import { lastError, posix } from './posix.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants

const lockName = 'lock'
const memoryName = 'memory'

/** The numbers of file systems (statfs(2), linux/magic.h) that write in place: ext2 to ext4, XFS, F2FS, tmpfs, ramfs. */
const inPlace: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0xf2f52010, 0x01021994, 0x858458f6])
/** Others on which to lock a file asks no other machine: Btrfs, ZFS, overlayfs, bcachefs. */
const elsewhere: ReadonlySet<number> = new Set([0x9123683e, 0x2fc12fc1, 0x794c7630, 0xca451a4e])

/** The lock and the memory, open. */
export class Common {
  readonly memory: ArrayBufferLike
  /** Whether a lock that is free is had at once: on a network file system, to ask for it takes a while. */
  readonly instant: boolean
  /** The file that is locked. */
  readonly fd: number

  constructor(fd: number, memory: ArrayBufferLike, instant: boolean) {
    this.fd = fd
    this.memory = memory
    this.instant = instant
  }

  /** Wait for the lock, on this thread. */
  lock(): void {
    while (!had(posix.flock(this.fd, LOCK_EX)) && lastError() === 'EINTR');
  }

  /** @returns whether it was free, and is ours; also true where the file system has no locks */
  tryLock(): boolean {
    for (;;) {
      if (had(posix.flock(this.fd, LOCK_EX | LOCK_NB))) return true
      const code = lastError()
      if (code !== 'EINTR') return code !== 'EAGAIN'
    }
  }

  /** Wait for the lock on a thread of libuv's pool. */
  async lockLater(): Promise<void> {
    // What kept it from that, errno of this thread does not tell: to try once more does.
    while (!(await this.#later(LOCK_EX)) && !this.tryLock());
  }

  unlock(): void {
    posix.flock(this.fd, LOCK_UN)
  }

  async unlockLater(): Promise<void> {
    await this.#later(LOCK_UN)
  }

  /** Give back the file. The memory stays. */
  close(): void {
    fs.closeSync(this.fd)
  }

  #later(operation: number): Promise<boolean> {
    return new Promise((resolve) =>
      posix.flock.async(this.fd, operation, (_: unknown, result: number) => resolve(had(result))),
    )
  }
}

const had = (result: number): boolean => result === 0

/**
 * @param path of the directory in which both lie
 * @param make whether what is missing is made
 * @returns undefined where they cannot be opened
 */
export function openCommon(path: string, make: boolean): Common | undefined {
  let fd: number
  try {
    fd = openLock(join(path, lockName), make)
  } catch {
    return undefined
  }
  const type = fs.statfsSync(path).type
  const local = !isLinux || inPlace.has(type)
  const common = new Common(fd, new ArrayBuffer(sharedBytes), local || elsewhere.has(type))
  const memory = mapped(common, local ? join(path, memoryName) : besides(fd), make)
  return memory === undefined ? common : new Common(fd, memory, common.instant)
}

/** A file that others have made for themselves can be locked all the same. */
function openLock(path: string, make: boolean): number {
  try {
    return fs.openSync(path, O_RDWR | O_NOFOLLOW | (make ? O_CREAT : 0), 0o666)
  } catch {
    return fs.openSync(path, O_RDONLY | O_NOFOLLOW)
  }
}

/** A name in /dev/shm for the directory of a lock. */
function besides(lock: number): string {
  const { dev, ino } = fs.fstatSync(lock, { bigint: true })
  return `/dev/shm/twinserve-${process.getuid?.()}-${dev}-${ino}`
}

/** @returns undefined where it cannot be mapped */
function mapped(common: Common, path: string, make: boolean): ArrayBuffer | undefined {
  let fd: number
  try {
    fd = fs.openSync(path, O_RDWR | O_NOFOLLOW | (make ? O_CREAT : 0), path.startsWith('/dev/') ? 0o600 : 0o666)
  } catch {
    return undefined
  }
  try {
    if (!hasRoom(common, fd, make)) return undefined
    const at = posix.mmap(null, sharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
    return koffi.address(at) === failed ? undefined : koffi.view(at, sharedBytes)
  } catch {
    return undefined
  } finally {
    fs.closeSync(fd)
  }
}

/** What mmap(2) returns when it fails: -1, as a pointer. */
const failed = 0xffff_ffff_ffff_ffffn

/** Give the file all its bytes, on disk: a hole would need room when it is written to. Nobody else does meanwhile. */
function hasRoom(common: Common, fd: number, make: boolean): boolean {
  common.lock()
  try {
    const { size } = fs.fstatSync(fd)
    if (size < sharedBytes && make) {
      fs.writeSync(fd, Buffer.alloc(sharedBytes - size), 0, sharedBytes - size, size)
      fs.fsyncSync(fd)
    }
    return make || size >= sharedBytes
  } finally {
    common.unlock()
  }
}
