/**
 * The file of `--trace`: made, or gone on with where it holds a trace already.
 *
 * It is not in the shared directory, where it would be served, and is never written over.
 */
import fs from 'node:fs'
import path from 'node:path'
import { UsageError } from './usage-error.ts'

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR } = fs.constants

/** Nobody but the user: it tells who asked for what. */
const permissions = 0o600

/**
 * Opens it for appending.
 *
 * @param root the shared directory
 * @throws UsageError with the sentence to show
 */
export function traceFile(asked: string, root: string): number {
  if (isWithin(placeOf(asked), fs.realpathSync(root))) {
    throw new UsageError(
      `The trace ${asked} would lie in the shared directory, where others can read it. Choose a file outside of it.`,
    )
  }
  let file: number
  try {
    // O_NONBLOCK: to open a FIFO waits for whoever reads it (fifo(7)).
    file = fs.openSync(asked, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, permissions)
  } catch (error) {
    throw problem(error, asked)
  }
  try {
    begin(file, asked)
  } catch (error) {
    fs.closeSync(file)
    throw error instanceof UsageError ? error : problem(error, asked)
  }
  return file
}

/** Where a file is, whatever links lead there, or where it would be made. */
function placeOf(asked: string): string {
  try {
    return fs.realpathSync(asked)
  } catch {
    const directory = path.dirname(asked)
    // Of a directory that is not there, opening says so.
    return path.join(fs.existsSync(directory) ? fs.realpathSync(directory) : directory, path.basename(asked))
  }
}

function isWithin(place: string, directory: string): boolean {
  const relative = path.relative(directory, place)
  return relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative)
}

/** The array begins once, and each server goes on where the last one was: they have one clock until the machine starts again. */
function begin(file: number, asked: string): void {
  const status = fs.fstatSync(file)
  if (!status.isFile()) throw new UsageError(`${asked} is no regular file. Choose another one for --trace.`)
  if (status.size === 0) fs.writeSync(file, '[\n')
  else if (!isTrace(file, status.size)) {
    throw new UsageError(
      `${asked} holds something that is not a trace to go on with. Choose another file for --trace, or remove this one.`,
    )
  }
}

/** Whether it begins as an array, and ends behind an event of it. */
function isTrace(file: number, size: number): boolean {
  const bytes = Buffer.alloc(4)
  fs.readSync(file, bytes, 0, 2, 0)
  fs.readSync(file, bytes, 2, 2, Math.max(0, size - 2))
  return ['[\n,\n', '[\n[\n'].includes(bytes.toString('latin1'))
}

function problem(error: unknown, asked: string): UsageError {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UsageError(`There is no directory for the trace ${asked}. Create it first, or choose another place.`)
    case 'EISDIR':
      return new UsageError(`${asked} is a directory. Give --trace the name of a file.`)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UsageError(`You may not write the trace ${asked}. Choose another place, or change its permissions.`)
    default:
      return new UsageError(`The trace ${asked} cannot be written: ${(error as Error).message}.`)
  }
}
