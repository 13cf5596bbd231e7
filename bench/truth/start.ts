/** Starting the server whose truth is known. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { clean, pinnedTo } from '../load/process.ts'
import type { Truth } from './server.ts'

const entry = fileURLToPath(new URL('./server.ts', import.meta.url))
const loader = fileURLToPath(new URL('../../scripts/typescript.js', import.meta.url))

/** Start it, use it, and end it. @param processor to run on, or undefined for any */
export async function withTruth<T>(
  truth: Truth,
  processor: number | undefined,
  use: (port: number, pid: number) => Promise<T>,
): Promise<T> {
  const [command, ...words] = pinnedTo(processor, [
    process.execPath,
    `--import=${loader}`,
    entry,
    JSON.stringify(truth),
  ])
  const child = spawn(command as string, words, { stdio: ['pipe', 'pipe', 'inherit'], env: clean() })
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
