/**
 * The event-loop engine's calls on files and directories: each a trip to libuv's thread pool, whose answer
 * comes back by a callback. The callback functions of `fs` cost less than its promises, which make a
 * `FileHandle` for each file.
 *
 * - A file is named as `directory.path + '/' + name`. On Linux `directory.path` is `/proc/self/fd/N` (proc(5)),
 *   which leads to the directory that is held open, wherever it has been moved, and whatever now has its old
 *   name: Node has no `openat(2)`, and this is the same. Elsewhere it is the directory's path, the weaker form:
 *   a directory swapped for a link between two calls is followed.
 * - A symbolic link is never followed in the last component.
 * - `close` and `closedir` answer at once: the trip is made, and nobody waits for it.
 */
import fs from 'node:fs'
import type { Directory, DirectoryStream, FileStatus, Loaded, OpenMode } from '../core/calls.ts'
import { errnoOf } from '../core/errors.ts'
import { secondsOf, statusOf } from '../core/status.ts'
import type { CommonCalls } from './common.ts'
import type { Loader } from './loader.ts'
import { ownerState } from './owner.ts'
import type { LaterCalls } from './run.ts'
import { secretCalls } from './secrets.ts'

/** The lines of `Calls` that have to do with sockets: see `sockets.ts`. */
export type SocketCalls = Pick<LaterCalls, 'recv' | 'send' | 'sendfile'>
/** All other lines, but those for which each server has something of its own: `loader.ts`, and `common.ts`. */
export type FileCalls = Omit<LaterCalls, keyof SocketCalls | keyof CommonCalls | 'load' | 'storeSmall' | 'measure'>

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = fs.constants
// Windows has none of these: `checkKind` does there what they do.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_DIRECTORY = 0 } = fs.constants as Partial<typeof fs.constants>
const flagsOf: Record<OpenMode, number> = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  create: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
  write: O_WRONLY | O_NOFOLLOW,
}
const directoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
const bigint = { bigint: true } as const
const namesInBatch = 1000
const dirOptions = { encoding: 'utf8', bufferSize: namesInBatch } as const
/** How many `lstat`s are asked for at a time: enough to keep the pool's threads busy, few enough to let others in. */
const statsAtOnce = 32
const held = await fs.promises.access('/proc/self/fd').then(
  () => true,
  () => false,
)

type Callback<T> = (error: Error | null, value: T) => void

/** The promise of a call whose callback has a value, or of one whose callback has none. */
function later<T>(make: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    make((error, value) => (error === null || error === undefined ? resolve(value) : reject(error)))
  })
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}

/** Where `open(2)` has no flags for it: refuse a symbolic link, and what is not a directory when one is wanted. */
async function checkKind(path: string, wanted: 'directory' | 'any'): Promise<void> {
  const status = await lstatAt(path)
  if (status === undefined) throw failure('ENOENT', path)
  if (wanted === 'directory' && status.kind !== 'directory') throw failure('ENOTDIR', path)
  if (status.kind === 'link') throw failure('ELOOP', path)
}

function openAt(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o666, (error, fd) => (error === null ? resolve(fd) : reject(error)))
  })
}

async function openDirectoryAt(path: string): Promise<Directory> {
  if (O_NOFOLLOW === 0) await checkKind(path, 'directory')
  try {
    const fd = await openAt(path, directoryFlags)
    return { fd, path: held ? `/proc/self/fd/${fd}` : path }
  } catch (error) {
    // With both flags a link is ENOTDIR on Linux, and ELOOP or EMLINK on the BSDs.
    const code = errnoOf(error)
    throw code === 'ELOOP' || code === 'EMLINK' ? failure('ENOTDIR', path) : error
  }
}

/** Open the shared directory itself, which may be reached through links. @throws ENOENT, ENOTDIR, EACCES */
export async function openRoot(path: string): Promise<Directory> {
  return openDirectoryAt(await later<string>((callback) => fs.realpath(path, callback)))
}

function lstatAt(path: string): Promise<FileStatus | undefined> {
  return new Promise((resolve, reject) => {
    fs.lstat(path, bigint, (error, raw) => {
      if (error === null) resolve(statusOf(raw))
      else if (error.code === 'ENOENT') resolve(undefined)
      else reject(error)
    })
  })
}

function fstatOf(file: number): Promise<FileStatus> {
  return new Promise((resolve, reject) => {
    fs.fstat(file, bigint, (error, raw) => (error === null ? resolve(statusOf(raw)) : reject(error)))
  })
}

/** Some at a time: each that is answered asks for the next. */
function lstatEach(parent: Directory, names: readonly string[]): Promise<(FileStatus | undefined)[]> {
  return new Promise((resolve) => {
    const found = new Array<FileStatus | undefined>(names.length)
    let next = 0
    let waiting = names.length
    if (waiting === 0) resolve(found)
    const ask = () => {
      const index = next++
      if (index >= names.length) return
      fs.lstat(`${parent.path}/${names[index]}`, bigint, (error, raw) => {
        found[index] = error === null ? statusOf(raw) : undefined
        waiting -= 1
        if (waiting === 0) resolve(found)
        else ask()
      })
    }
    for (let started = 0; started < statsAtOnce; started += 1) ask()
  })
}

function nextNames(stream: DirectoryStream): Promise<string[]> {
  const dir = stream.stream as fs.Dir
  const names: string[] = []
  return new Promise((resolve, reject) => {
    const take = (error: Error | null, entry: fs.Dirent | null) => {
      if (error !== null) return reject(error)
      if (entry === null) return resolve(names)
      names.push(entry.name)
      if (names.length === namesInBatch) resolve(names)
      else dir.read(take)
    }
    dir.read(take)
  })
}

/** Make the call, again if a signal interrupted it (signal(7)): libuv repeats all but `read(2)`. */
function readAt(file: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const attempt = () =>
      fs.read(file, into, 0, into.length, position, (error, count) => {
        if (error === null) resolve(count)
        else if (errnoOf(error) === 'EINTR') attempt()
        else reject(error)
      })
    attempt()
  })
}

/** Nobody waits for it: close(2) frees the descriptor even when it fails. */
function ignore(): void {}

/** A call whose failure is nobody's concern. */
function quietly(close: () => void): void {
  try {
    close()
  } catch {
    // Closed already.
  }
}

/** `load`, where files cannot be opened without following links in one call: one trip after the other. */
async function loadInSteps(parent: Directory, name: string, into: Uint8Array): Promise<Loaded> {
  const fd = await fileCalls.open(parent, name, 'read')
  try {
    const status = await fileCalls.fstat(fd)
    if (status.kind !== 'file' || status.size >= into.length) return { status, fd, length: undefined }
    const length = await readAt(fd, into.subarray(0, status.size + 1), 0)
    if (length !== status.size) return { status, fd, length: undefined }
    fileCalls.close(fd)
    return { status, fd: undefined, length }
  } catch (error) {
    fileCalls.close(fd)
    throw error
  }
}

/** `load`, by a server's own threads. */
export function loadCall(loader: Loader): Pick<LaterCalls, 'load'> {
  if (O_NOFOLLOW === 0) return { load: loadInSteps }
  return { load: (parent, name, into) => loader.load(`${parent.path}/${name}`, into) }
}

/** `storeSmall`, by threads of their own, so that nobody waits behind a flush who only reads. They are started by the first. */
export function storeCall(keeper: () => Loader): Pick<LaterCalls, 'storeSmall'> {
  // Where a directory has no name of its own the steps must be done where paths are checked.
  return { storeSmall: (file, bytes) => (held ? keeper().storeSmall(file, bytes) : undefined) }
}

export const fileCalls: FileCalls = {
  openDirectory: (parent, name) => openDirectoryAt(`${parent.path}/${name}`),
  open(parent, name, mode) {
    const path = `${parent.path}/${name}`
    if (O_NOFOLLOW !== 0 || mode === 'create') return openAt(path, flagsOf[mode])
    return checkKind(path, 'any').then(() => openAt(path, flagsOf[mode]))
  },
  close: (file) => quietly(() => fs.close(file, ignore)),
  fstat: fstatOf,
  lstat: (parent, name) => lstatAt(`${parent.path}/${name}`),
  lstatEach,
  read: readAt,
  write: (file, from, position) => later((callback) => fs.write(file, from, 0, from.length, position, callback)),
  fsync: (file) => later<void>((callback) => fs.fsync(file, callback as fs.NoParamCallback)),
  fchmod: (file, permissions) =>
    later<void>((callback) => fs.fchmod(file, permissions, callback as fs.NoParamCallback)),
  ftruncate: (file, length) => later<void>((callback) => fs.ftruncate(file, length, callback as fs.NoParamCallback)),
  futimens(file, mtimeNs) {
    const seconds = secondsOf(mtimeNs)
    return later<void>((callback) => fs.futimes(file, seconds, seconds, callback as fs.NoParamCallback))
  },
  ...secretCalls,
  ownerState,
  opendir: (directory) =>
    later<fs.Dir>((callback) => fs.opendir(directory.path, dirOptions, callback)).then((stream) => ({ stream })),
  readdir: nextNames,
  closedir: (stream) => quietly(() => (stream.stream as fs.Dir).close(ignore)),
  readlink: (parent, name) => later<string>((callback) => fs.readlink(`${parent.path}/${name}`, callback)),
  symlink: (target, parent, name) =>
    later<void>((callback) => fs.symlink(target, `${parent.path}/${name}`, callback as fs.NoParamCallback)),
  mkdir: (parent, name) =>
    later<void>((callback) => fs.mkdir(`${parent.path}/${name}`, callback as fs.NoParamCallback)),
  rmdir: (parent, name) =>
    later<void>((callback) => fs.rmdir(`${parent.path}/${name}`, callback as fs.NoParamCallback)),
  unlink: (parent, name) =>
    later<void>((callback) => fs.unlink(`${parent.path}/${name}`, callback as fs.NoParamCallback)),
  rename: (from, name, to, newName) =>
    later<void>((callback) =>
      fs.rename(`${from.path}/${name}`, `${to.path}/${newName}`, callback as fs.NoParamCallback),
    ),
  link: (from, name, to, newName) =>
    later<void>((callback) => fs.link(`${from.path}/${name}`, `${to.path}/${newName}`, callback as fs.NoParamCallback)),
}
