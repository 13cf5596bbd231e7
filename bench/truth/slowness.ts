/** The process of `slow-clients.ts`, beside a run. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { startProgram } from '../load/process.ts'

export interface SlowClients {
  /** How many come per second. */
  readonly rate: number
  /** Seconds that each holds who waits for it. */
  readonly hold: number
  /** That each stores. */
  readonly bytes: number
  readonly seed: number
}

export interface SlowlyServed {
  readonly came: number
  readonly served: number
  readonly refused: number
  /** The mean time that the server waited for one of them and stored what came, in seconds; absent where none was served. */
  readonly hold?: number | undefined
}

const entry = new URL('./slow-clients.ts', import.meta.url)

/** Who comes while something else is done. */
export interface Invited {
  readonly pid: number
  leave(): Promise<SlowlyServed>
}

/** @param processor to run on, or undefined for any */
export async function inviteSlow(clients: SlowClients, port: number, processor: number | undefined): Promise<Invited> {
  const child = startProgram(entry, [JSON.stringify({ ...clients, port })], processor)
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('The slow clients ended before they had told what came of them.')
    return value
  }
  await line()
  return {
    pid: child.pid as number,
    async leave() {
      child.stdin.end()
      const told = JSON.parse(await line()) as SlowlyServed
      await ended
      return told
    },
  }
}
