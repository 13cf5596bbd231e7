/**
 * How connections come from the terminating thread to those that serve: by a pipe of this process, which all serving
 * threads watch in place of a listener.
 *
 * - What is handed over is the number of a descriptor, which all threads of a process share, and the client's address. Nobody
 *   else can put anything in: neither the pipe nor the sockets have a name.
 * - Each handover is one record of 64 bytes. A pipe takes a record whole or not at all (pipe(7), "PIPE_BUF"), and holds
 *   a thousand. Reading, a kernel keeps other readers out until it has copied what was asked for.
 */
import fs from 'node:fs'
import { errnoOf } from '../core/errors.ts'
import { close } from '../posix/listening.ts'
import { type Accepted, setTick } from './sockets.ts'

const recordBytes = 64
const addressAt = 5
const mostAddress = recordBytes - addressAt
const written = Buffer.alloc(recordBytes)
const read = Buffer.alloc(recordBytes)

/**
 * Hand a connection over. Its descriptor is then the reader's.
 *
 * @param pipe the writing end, which does not block
 * @throws EAGAIN when nobody has taken the last thousand
 */
export function hand(pipe: number, { fd, remote }: Accepted): void {
  written.writeInt32LE(fd, 0)
  written[addressAt - 1] = written.write(remote, addressAt, mostAddress, 'latin1')
  fs.writeSync(pipe, written)
}

function next(pipe: number): Accepted | undefined {
  try {
    if (fs.readSync(pipe, read) === 0) return undefined
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'EAGAIN' || code === 'EINTR') return undefined
    throw error
  }
  const length = read[addressAt - 1] as number
  return { fd: read.readInt32LE(0), remote: read.toString('latin1', addressAt, addressAt + length) }
}

/**
 * Take the next connection, as `accept` does.
 *
 * @param pipe the reading end, which does not block
 * @param tick see `setTick`
 * @returns undefined when there is none
 */
export function take(pipe: number, tick: number): Accepted | undefined {
  const found = next(pipe)
  if (found !== undefined) setTick(found.fd, tick)
  return found
}

/** Close what was handed over, and nobody has taken. */
export function discard(pipe: number): void {
  for (let found = next(pipe); found !== undefined; found = next(pipe)) close(found.fd)
}
