/**
 * The contract between the core and an engine: one typed line for each thing that may wait.
 *
 * - An engine that lacks a line does not compile.
 * - Nothing in core can ask which engine runs it. If it seems to need to, a line is missing here.
 * - A failing call throws an `Error` whose `code` is the errno name POSIX gives it (`ENOENT`, `EEXIST`, …),
 *   as Node's own file system errors do.
 * - Files are named by a held directory and one name in it, as POSIX's `…at` calls do, so that a
 *   directory swapped for a symbolic link meanwhile cannot lead anywhere else.
 * - Deadlines are absolute, in milliseconds of the engine's monotonic clock (`Environment.now`).
 */

import type { SmallFile, SmallStored } from './files/small.ts'
import type { Measured } from './metrics/exposition.ts'
import type { OwnerState } from './owner.ts'

/** An open file, as POSIX numbers it. */
export type FileDescriptor = number

/** An open directory. `path` is a prefix under which its entries can be named while it is open. */
export interface Directory {
  readonly fd: FileDescriptor
  readonly path: string
}

/** An open directory being read, entry by entry. Only the engine that made it looks inside. */
export interface DirectoryStream {
  readonly stream: unknown
}

/** A connected stream socket. Only the engine that made it looks inside. */
export interface Socket {
  readonly id: number
}

/** What kind of thing a name is. `other` is a FIFO, a socket or a device: never opened, never served. */
export type FileKind = 'file' | 'directory' | 'link' | 'other'

/** What `stat(2)` tells of a file, in the parts that twinserve uses. */
export interface FileStatus {
  readonly kind: FileKind
  /** Bytes. */
  readonly size: number
  /** Time of the last change to the content, in nanoseconds since 1970. */
  readonly mtimeNs: bigint
  readonly device: number
  readonly inode: number
  /** The file permission bits (inode(7)): owner, group and others. */
  readonly permissions: number
}

/** What `load` has found. */
export interface Loaded {
  readonly status: FileStatus
  /** The open file, when it was not read whole. */
  readonly fd: FileDescriptor | undefined
  /** Bytes, when the file was read whole; it is then closed. */
  readonly length: number | undefined
}

/** What hashing a password costs (RFC 7914, section 2). */
export interface ScryptCost {
  /** The logarithm of N, to the base 2. */
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** A text file. */
export interface Configuration {
  readonly text: string
  /** Another one when it was changed, or another file has its place. */
  readonly version: string
}

/** How to open a file. Every mode has `O_NOFOLLOW | O_CLOEXEC`; `read` adds `O_NONBLOCK` (a FIFO must not hold anybody), `create` is `O_WRONLY | O_CREAT | O_EXCL`, `write` is `O_WRONLY` on a file that is there. */
export type OpenMode = 'read' | 'create' | 'write'

export interface Calls {
  /**
   * `recv(2)`: wait for bytes from the peer.
   *
   * @returns the bytes, valid until the next `recv` on any socket; none at all when the peer has ended its side
   * @throws ETIMEDOUT when none came before `deadline`; ECONNRESET when the connection is gone
   */
  recv(socket: Socket, deadline: number): Uint8Array

  /**
   * `send(2)` until all of `bytes` is in the kernel's hands. `bytes` may be used again afterwards.
   * Callers send at most `limits.sendPiece` bytes at a time, so a deadline is also a lowest rate.
   *
   * @throws ETIMEDOUT when the peer did not take them before `deadline`; EPIPE or ECONNRESET when it is gone
   */
  send(socket: Socket, bytes: Uint8Array, deadline: number): void

  /**
   * `sendfile(2)` until `length` bytes of the file, from `offset`, are in the kernel's hands.
   *
   * @param stall milliseconds within which the peer must take each `limits.sendPiece` bytes
   * @param deadline when it must have taken all of them
   * @returns the bytes sent: fewer than `length` only when the file ended early
   * @throws as `send`, and as `read`
   */
  sendfile(
    socket: Socket,
    file: FileDescriptor,
    offset: number,
    length: number,
    stall: number,
    deadline: number,
  ): number

  /** `openat(2)` with `O_DIRECTORY | O_NOFOLLOW`. @throws ENOENT, ENOTDIR (also for a symbolic link), EACCES */
  openDirectory(parent: Directory, name: string): Directory
  /** `openat(2)`. @throws ENOENT, EACCES, ELOOP for a symbolic link; with `create` EEXIST when anything has the name */
  open(parent: Directory, name: string, mode: OpenMode): FileDescriptor
  /**
   * All that a small file takes, as one call: `openat(2)` to read, `fstat(2)`, and for a regular file with fewer bytes
   * than `into`, `read(2)` and `close(2)`. An engine that hands its calls to another thread pays for the way there and
   * back; here it pays once.
   *
   * @returns the file open when it is no regular file, has too many bytes, or has another size than it said
   * @throws as `open`, `fstat` and `read`; the file is then closed
   */
  load(parent: Directory, name: string, into: Uint8Array): Loaded
  /**
   * All that a small new file takes, as one call: the program `storeSmall` of `files/small.ts`, which an engine runs
   * where its calls may block. `bytes` must stay as they are until it has answered.
   *
   * @param bytes at most `loanSize` (`buffers.ts`)
   * @returns undefined when it was declined: nothing of it is left
   */
  storeSmall(file: SmallFile, bytes: Uint8Array): SmallStored | undefined
  /** `close(2)`. Its answer is not worth waiting for (what must be kept has been `fsync`ed before): it never fails. */
  close(file: FileDescriptor): void
  /** `fstat(2)`. */
  fstat(file: FileDescriptor): FileStatus
  /** `lstat(2)`: a symbolic link is reported as itself. @returns undefined for ENOENT, which is no failure: whoever makes a name looks first whether it is free */
  lstat(parent: Directory, name: string): FileStatus | undefined
  /** `lstat(2)` of many names, which an engine may ask for at once. @returns one answer for each name, `undefined` where it failed */
  lstatEach(parent: Directory, names: readonly string[]): readonly (FileStatus | undefined)[]
  /** `pread(2)`. @returns the bytes read: fewer than `into` holds near the end of the file, 0 at it */
  read(file: FileDescriptor, into: Uint8Array, position: number): number
  /** `pwrite(2)`. @returns the bytes written, which may be fewer than given (a short write) @throws ENOSPC, EDQUOT, EIO */
  write(file: FileDescriptor, from: Uint8Array, position: number): number
  /** `ftruncate(2)`: cut a file that is open for writing. @param length bytes that stay */
  ftruncate(file: FileDescriptor, length: number): void
  /** `fsync(2)`, of a file or a directory. After an error the file must be discarded, never synced again. @throws EIO, ENOSPC */
  fsync(file: FileDescriptor): void
  /** `fchmod(2)`, of a file or a directory. @throws EPERM when it is somebody else's */
  fchmod(file: FileDescriptor, permissions: number): void
  /** `futimens(2)`: date a file, cut off to a microsecond. @param mtimeNs nanoseconds since 1970 */
  futimens(file: FileDescriptor, mtimeNs: bigint): void
  /**
   * Open what all servers on the shared directory have in common: the file that `lock` locks, and a page of memory, mapped by
   * `mmap(2)`. Where there is no such thing (another system, or a file system without it) the server has a lock and memory of its own. Never fails.
   *
   * @param directory the server's own, where both lie
   * @param make whether what is missing is made
   * @returns the memory, of `sharedBytes` (`files/shared-memory.ts`)
   */
  share(directory: Directory, make: boolean): ArrayBufferLike
  /**
   * `flock(2)`, exclusive: wait until no server on the directory, and nobody else in this one, looks at a name and then
   * changes it. The system gives the lock back when its holder ends. See `files/exclusive.ts`.
   */
  lock(): void
  /** `flock(2)`, to give the lock back. Never fails. */
  unlock(): void
  /**
   * `scrypt` (RFC 7914). It takes `128 * r * (2 ** ln + p)` bytes and, with what new hashes cost, a tenth of a second, in
   * which the blocking engine does nothing else: `access/attempts.ts` bounds how often.
   *
   * @param length bytes wanted
   */
  scrypt(password: Uint8Array, salt: Uint8Array, cost: ScryptCost, length: number): Uint8Array
  /**
   * A text file of the server's owner, which lies anywhere, and links to which are followed.
   *
   * @param known what was read last: `version`
   * @returns undefined when it is still that @throws ENOENT, EACCES, EISDIR; EFBIG beyond 1 MiB
   */
  readConfiguration(path: string, known: string | undefined): Configuration | undefined
  /** Whether a process that calls itself `owner` (`Environment.owner`) still runs. Never fails. */
  ownerState(owner: string): OwnerState
  /**
   * What all loops that serve together have counted, this one among them, and what the system says of their processes.
   * Those in other processes have to be asked; one that does not answer soon is left out.
   */
  measure(): Measured
  /** `opendir(3)`. */
  opendir(directory: Directory): DirectoryStream
  /** `readdir(3)`, in batches. @returns the next names, without `.` and `..`, in no order; none at the end */
  readdir(stream: DirectoryStream): readonly string[]
  /** `closedir(3)`. Never fails, and is not waited for. */
  closedir(stream: DirectoryStream): void
  /** `readlinkat(2)`. @throws EINVAL when the name is not a symbolic link */
  readlink(parent: Directory, name: string): string
  /** `symlinkat(2)`: a link that says `target`, which nobody reads here. @throws EEXIST */
  symlink(target: string, parent: Directory, name: string): void
  /** `mkdirat(2)`. @throws EEXIST when anything has the name */
  mkdir(parent: Directory, name: string): void
  /** `unlinkat(2)` of a directory. @throws ENOTEMPTY, ENOTDIR, ENOENT */
  rmdir(parent: Directory, name: string): void
  /** `unlinkat(2)` of anything but a directory. @throws ENOENT, EISDIR or EPERM for a directory */
  unlink(parent: Directory, name: string): void
  /** `renameat(2)`: atomic, and replaces what has the new name. @throws EXDEV, ENOTEMPTY, EISDIR, ENOTDIR, EINVAL when moved into itself */
  rename(from: Directory, name: string, to: Directory, newName: string): void
  /** `linkat(2)`: atomic, and never replaces. @throws EEXIST, EXDEV, EPERM where the file system has no links */
  link(from: Directory, name: string, to: Directory, newName: string): void
}

/**
 * Calls that only look. A program that nobody waits for any more is cancelled by failing these, with ECANCELED: it begins
 * nothing new, while what it closes, gives back or takes back is still done.
 */
export const looking: ReadonlySet<keyof Calls> = new Set([
  'openDirectory',
  'load',
  'opendir',
  'readdir',
  'lstatEach',
  'read',
])

/** What a program may know of the world without waiting for it. Made by an engine, scripted in tests. */
export interface Environment {
  /** Milliseconds of a monotonic clock (`CLOCK_MONOTONIC`), with a fraction. */
  now(): number
  /** Milliseconds since 1970. */
  date(): number
  /** This process, as `ownerState` can be asked about it by others: lower case letters, digits and `-`. */
  readonly owner: string
  /** A string of letters and digits that no other call has returned, in any process: at least 128 random bits. */
  unique(): string
}
