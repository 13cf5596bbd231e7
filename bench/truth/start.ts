/** Starting the server whose truth is known. */
import { once } from 'node:events'
import { startProgram } from '../load/process.ts'
import type { Truth } from './server.ts'

const entry = new URL('./server.ts', import.meta.url)

/** Start it, use it, and end it. @param processor to run on, or undefined for any */
export async function withTruth<T>(
  truth: Truth,
  processor: number | undefined,
  use: (port: number, pid: number) => Promise<T>,
): Promise<T> {
  const child = startProgram(entry, [JSON.stringify(truth)], processor)
  const ended = once(child, 'close')
  try {
    const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
    if (!(line instanceof Buffer)) throw new Error(`The server ended with ${line} before it listened.`)
    return await use(Number(line), child.pid as number)
  } finally {
    child.stdin.end()
    await ended
  }
}
