/**
 * The blocking engine's calls on files and directories: each made at once, with Node's `…Sync` functions.
 *
 * - A file is named as `directory.path + '/' + name`. On Linux `directory.path` is `/proc/self/fd/N` (proc(5)),
 *   which leads to the directory that is held open, wherever it has been moved, and whatever now has its old
 *   name: Node has no `openat(2)`, and this is the same. Opening to read, which most requests do, uses the real one. Elsewhere it is the directory's path, the weaker form:
 *   a directory swapped for a link between two calls is followed.
 * - A symbolic link is never followed in the last component.
 */
import fs from 'node:fs'
import type { Calls, Directory, DirectoryStream, FileStatus, Loaded, OpenMode } from '../core/calls.ts'
import { errnoOf } from '../core/errors.ts'
import { storeSmall } from '../core/files/small.ts'
import { secondsOf, statusOf } from '../core/status.ts'
import { systemError } from '../posix/platform.ts'
import { lastError, posix } from '../posix/posix.ts'
import type { CommonCalls } from './common.ts'
import { ownerState } from './owner.ts'
import { run } from './run.ts'
import { secretCalls } from './secrets.ts'

/** The lines of `Calls` that have to do with sockets: see `sockets.ts`. */
export type SocketCalls = Pick<Calls, 'recv' | 'send' | 'sendfile'>
/** All other lines, but those for which each server has something of its own: `common.ts`. */
export type FileCalls = Omit<Calls, keyof SocketCalls | keyof CommonCalls | 'measure'>

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = fs.constants
// Windows has none of these: `checkKind` does there what they do.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_DIRECTORY = 0 } = fs.constants as Partial<typeof fs.constants>
const flagsOf: Record<OpenMode, number> = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  create: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
  write: O_WRONLY | O_NOFOLLOW,
}
const directoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
/** Node adds it by itself where it opens. */
const O_CLOEXEC = 0o2000000
const bigint = { bigint: true } as const
const bigintIfAny = { bigint: true, throwIfNoEntry: false } as const
const namesInBatch = 1000
const dirOptions = { encoding: 'utf8', bufferSize: namesInBatch } as const
const held = fs.existsSync('/proc/self/fd')

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}

/** Where `open(2)` has no flags for it: refuse a symbolic link, and what is not a directory when one is wanted. */
function checkKind(path: string, wanted: 'directory' | 'any'): void {
  if (O_NOFOLLOW !== 0) return
  const { kind } = statusOf(fs.lstatSync(path, bigint))
  if (wanted === 'directory' && kind !== 'directory') throw failure('ENOTDIR', path)
  if (kind === 'link') throw failure('ELOOP', path)
}

/**
 * `openat(2)`, where its directory can be named by a descriptor: a way through `/proc/self/fd` costs as much again.
 * Elsewhere `open(2)` on the path.
 */
function openIn(parent: Directory, name: string, flags: number): number {
  if (!held) return fs.openSync(`${parent.path}/${name}`, flags, 0o666)
  for (;;) {
    const fd: number = posix.openat(parent.fd, name, flags | O_CLOEXEC, 0o666)
    if (fd >= 0) return fd
    const code = lastError()
    if (code !== 'EINTR') throw systemError('openat', code, name)
  }
}

/** A call that has no more to tell than that it failed, again if a signal interrupted it, as libuv makes them. */
function make(syscall: string, name: string, once: () => number): void {
  while (once() < 0) {
    const code = lastError()
    if (code !== 'EINTR') throw systemError(syscall, code, name)
  }
}

/** @param open opens what is to be a directory, at `path` */
function directoryFrom(path: string, open: () => number): Directory {
  checkKind(path, 'directory')
  try {
    const fd = open()
    return { fd, path: held ? `/proc/self/fd/${fd}` : path }
  } catch (error) {
    // With both flags a link is ENOTDIR on Linux, and ELOOP or EMLINK on the BSDs.
    const code = errnoOf(error)
    throw code === 'ELOOP' || code === 'EMLINK' ? failure('ENOTDIR', path) : error
  }
}

/** Open the shared directory itself, which may be reached through links. @throws ENOENT, ENOTDIR, EACCES */
export function openRoot(path: string): Directory {
  const real = fs.realpathSync(path)
  return directoryFrom(real, () => fs.openSync(real, directoryFlags))
}

/** `lstat(2)`, or undefined where it fails: quicker than catching an error where the name is only gone. */
function statusIfAny(path: string): FileStatus | undefined {
  try {
    const raw = fs.lstatSync(path, bigintIfAny)
    return raw && statusOf(raw)
  } catch {
    return undefined
  }
}

function nextNames(stream: DirectoryStream): string[] {
  const dir = stream.stream as fs.Dir
  const names: string[] = []
  while (names.length < namesInBatch) {
    const entry = dir.readSync()
    if (entry === null) break
    names.push(entry.name)
  }
  return names
}

/** Make the call, again if a signal interrupted it (signal(7)): libuv repeats all but `read(2)`. */
function readAt(file: number, into: Uint8Array, position: number): number {
  for (;;) {
    try {
      return fs.readSync(file, into, 0, into.length, position)
    } catch (error) {
      if (errnoOf(error) !== 'EINTR') throw error
    }
  }
}

function load(parent: Directory, name: string, into: Uint8Array): Loaded {
  checkKind(`${parent.path}/${name}`, 'any')
  const fd = openIn(parent, name, flagsOf.read)
  try {
    const status = statusOf(fs.fstatSync(fd, bigint))
    if (status.kind !== 'file' || status.size >= into.length) return { status, fd, length: undefined }
    // One byte more than it should have, to see whether it has grown.
    const length = readAt(fd, into.subarray(0, status.size + 1), 0)
    if (length !== status.size) return { status, fd, length: undefined }
    fileCalls.close(fd)
    return { status, fd: undefined, length }
  } catch (error) {
    fileCalls.close(fd)
    throw error
  }
}

/** A call whose failure is nobody's concern. */
function quietly(close: () => void): void {
  try {
    close()
  } catch {
    // Never tried again: close(2) frees the descriptor even when it fails, and by then it may be somebody else's.
  }
}

export const fileCalls: FileCalls = {
  openDirectory: (parent, name) => directoryFrom(`${parent.path}/${name}`, () => openIn(parent, name, directoryFlags)),
  open(parent, name, mode) {
    const path = `${parent.path}/${name}`
    if (mode !== 'create') checkKind(path, 'any')
    return openIn(parent, name, flagsOf[mode])
  },
  load,
  storeSmall: (file, bytes) => run(storeSmall(file, bytes), fileCalls as Calls),
  close: (file) => quietly(() => fs.closeSync(file)),
  fstat: (file) => statusOf(fs.fstatSync(file, bigint)),
  lstat(parent, name) {
    const raw = fs.lstatSync(`${parent.path}/${name}`, bigintIfAny)
    return raw && statusOf(raw)
  },
  lstatEach: (parent, names) => names.map((name) => statusIfAny(`${parent.path}/${name}`)),
  read: readAt,
  write: (file, from, position) => fs.writeSync(file, from, 0, from.length, position),
  fsync: (file) => fs.fsyncSync(file),
  fchmod: (file, permissions) => fs.fchmodSync(file, permissions),
  ftruncate: (file, length) => fs.ftruncateSync(file, length),
  futimens: (file, mtimeNs) => fs.futimesSync(file, secondsOf(mtimeNs), secondsOf(mtimeNs)),
  ...secretCalls,
  ownerState,
  opendir: (directory) => ({ stream: fs.opendirSync(directory.path, dirOptions) }),
  readdir: nextNames,
  closedir: (stream) => quietly(() => (stream.stream as fs.Dir).closeSync()),
  readlink: (parent, name) => fs.readlinkSync(`${parent.path}/${name}`),
  symlink: (target, parent, name) => fs.symlinkSync(target, `${parent.path}/${name}`),
  mkdir: (parent, name) => fs.mkdirSync(`${parent.path}/${name}`),
  rmdir: (parent, name) => fs.rmdirSync(`${parent.path}/${name}`),
  unlink(parent, name) {
    if (!held) fs.unlinkSync(`${parent.path}/${name}`)
    else make('unlinkat', name, () => posix.unlinkat(parent.fd, name, 0))
  },
  rename: (from, name, to, newName) => fs.renameSync(`${from.path}/${name}`, `${to.path}/${newName}`),
  link(from, name, to, newName) {
    if (!held) fs.linkSync(`${from.path}/${name}`, `${to.path}/${newName}`)
    else make('linkat', newName, () => posix.linkat(from.fd, name, to.fd, newName, 0))
  },
}
