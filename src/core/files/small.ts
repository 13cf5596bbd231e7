/**
 * Storing a small file, as one call.
 *
 * The same steps as `store.ts` and `naming.ts`, in the same order, for what most uploads are: a file that is here whole
 * before anything is done about it, and that is to have a name of its own. It makes calls on files only, and is given and
 * answers plain values: an engine whose calls are trips to another thread sends it there whole, and pays for one trip.
 *
 * - What is not so plain is declined, and nothing of it is left: a link on the way, another file system, a name that is
 *   taken. `store` then does it, or refuses it, step by step.
 * - `link(2)` never replaces, so no lock is needed to give a name that nothing has.
 */
import type { Directory, FileDescriptor, FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { call, type Program } from '../program.ts'
import { type Place, publishFile, undo } from './publish.ts'

/** Where a small file goes. Plain values. */
export interface SmallFile {
  readonly root: Directory
  /** The names that lead from there to the file: at least its own. */
  readonly names: readonly string[]
  /** A place for temporaries on the same file system, and a name in it that nothing has. */
  readonly temporary: Place
  /** Its time, in nanoseconds since 1970. */
  readonly mtimeNs: bigint
  /** Whether file and name are flushed before it counts as stored. */
  readonly durable: boolean
}

/**
 * Failures that the long way may do without. ENOENT and ENOTDIR: a link on the way, or no place for temporaries any more.
 * EPERM: some file systems let only their owner date a file.
 */
const passing: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EXDEV', 'EPERM'])

/** What was stored. */
export interface SmallStored {
  readonly status: FileStatus
  /** Whether the name is on the disk, where it is to be: see `confirm`. */
  readonly confirmed: boolean
}

/** See `Calls.storeSmall`. */
export function* storeSmall(file: SmallFile, bytes: Uint8Array): Program<SmallStored | undefined> {
  const held: Directory[] = []
  try {
    const status = yield* unlessDeclined(placed(file, bytes, held))
    if (status === undefined) return undefined
    return { status, confirmed: !file.durable || (yield* isFlushed((held.at(-1) ?? file.root).fd)) }
  } finally {
    for (const directory of held) yield* call('close', directory.fd)
  }
}

function* isFlushed(directory: FileDescriptor): Program<boolean> {
  try {
    yield* call('fsync', directory)
    return true
  } catch {
    return false
  }
}

function* unlessDeclined(attempt: Program<FileStatus | undefined>): Program<FileStatus | undefined> {
  try {
    return yield* attempt
  } catch (error) {
    if (error instanceof Refusal || passing.has(errnoOf(error))) return undefined
    throw error
  }
}

/** @param held gets the directories on the way, which are closed by whoever gave it */
function* placed(file: SmallFile, bytes: Uint8Array, held: Directory[]): Program<FileStatus | undefined> {
  let directory = file.root
  for (const name of file.names.slice(0, -1)) {
    directory = yield* call('openDirectory', directory, name)
    held.push(directory)
  }
  const to: Place = { directory, name: file.names.at(-1) as string }
  if ((yield* call('lstat', to.directory, to.name)) !== undefined) return undefined
  const fd = yield* call('open', file.temporary.directory, file.temporary.name, 'create')
  try {
    const status = yield* filled(fd, file, bytes)
    yield* publishFile(file.temporary, to, '')
    yield* call('close', fd)
    return status
  } catch (error) {
    // What cannot be removed now is removed at a later start.
    yield* undo(call('unlink', file.temporary.directory, file.temporary.name))
    yield* call('close', fd)
    throw error
  }
}

function* filled(fd: FileDescriptor, file: SmallFile, bytes: Uint8Array): Program<FileStatus> {
  let done = 0
  while (done < bytes.length) done += yield* call('write', fd, bytes.subarray(done), done)
  yield* call('futimens', fd, file.mtimeNs)
  const status = yield* call('fstat', fd)
  if (file.durable) yield* call('fsync', fd)
  return status
}
