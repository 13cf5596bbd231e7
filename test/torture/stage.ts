/** A directory, and a server on it that is started again when it was killed: what crashes and faults are tried on. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile } from '../fixtures/compiled.ts'
import { type Answer, message } from '../fixtures/raw-client.ts'
import { Tracer } from '../fixtures/strace.ts'
import { atRest, type EngineName, startVictim, tryToAsk, type Victim } from '../fixtures/victim.ts'
import { describeRoot, isSettled, layOut, type Way } from './way.ts'
import { ways } from './ways.ts'

/** A request that changes nothing. */
export const look = message('GET', '/kept', { Connection: 'close' })

export class Stage {
  readonly root: string
  readonly #engine: EngineName
  readonly #program: string
  #victim: Victim | undefined

  /** @param program what `compile` has made */
  constructor(engine: EngineName, root: string, program: string) {
    this.#engine = engine
    this.root = root
    this.#program = program
  }

  /** The server, started anew if it has ended. */
  async server(): Promise<Victim> {
    if (this.#victim === undefined || this.#victim.isEnded) {
      this.#victim = await startVictim({ engine: this.#engine, root: this.root, program: this.#program })
    }
    return this.#victim
  }

  async end(): Promise<void> {
    await this.#victim?.kill()
  }

  /** Make what a way begins with. @returns the request to try */
  async set(way: Way): Promise<{ readonly server: Victim; readonly begun: string; readonly request: Uint8Array }> {
    const server = await this.server()
    layOut(this.root, way)
    const begun = way.begin === undefined ? '' : ((await tryToAsk(server, way.begin))?.field('location') ?? 'none')
    return { server, begun, request: way.request(begun) }
  }

  /** Do what a client does that has had this answer, or none. @returns what was not as it should be */
  async again(way: Way, begun: string, answer: Answer | undefined): Promise<string[]> {
    const server = await this.server()
    const found = await way.again((request) => tryToAsk(server, request), begun, answer)
    return isSettled(this.root, way) ? found : [...found, `not done when made again: ${describeRoot(this.root)}`]
  }

  /** The names of the calls that a request makes, of those that are asked for. */
  async callsOf(way: Way, traced: readonly string[]): Promise<string[]> {
    const { server, request } = await this.set(way)
    const tracer = await Tracer.attach(server.pid, traced)
    const answer = await tryToAsk(server, request)
    await atRest(server)
    const { calls } = await tracer.detach()
    if (answer === undefined || answer.status >= 300) throw new Error(`${way.name}: ${answer?.status} ${answer?.text}`)
    return [...new Set(calls.map(nameOf))]
  }
}

/** Of a line of a trace. */
export function nameOf(line: string): string {
  return line.slice(0, line.indexOf('('))
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** What every script of these takes. */
export interface Wishes {
  readonly verbose: boolean
  /** Whether calls by which threads wait for each other count too. */
  readonly waiting: boolean
}

/**
 * Run a script on the engines and ways that its arguments name, and let its exit status tell.
 *
 * @param runWay prints a line, and tells how much was wrong
 */
export async function runWays(
  header: string,
  runWay: (stage: Stage, engine: EngineName, way: Way, wishes: Wishes) => Promise<number>,
): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string' },
      way: { type: 'string' },
      waiting: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  })
  const engines = (values.engine === undefined ? ['sync', 'async'] : [values.engine]) as EngineName[]
  const at = mkdtempSync(join(tmpdir(), 'twinserve-torture-'))
  const root = join(at, 'root')
  mkdirSync(root)
  let wrong = 0
  try {
    const program = compile(join(at, 'program'))
    say(header)
    for (const engine of engines) {
      const stage = new Stage(engine, root, program)
      try {
        for (const way of ways) {
          if (values.way === undefined || way.name.startsWith(values.way))
            wrong += await runWay(stage, engine, way, values)
        }
      } finally {
        await stage.end()
      }
    }
  } finally {
    rmSync(at, { recursive: true })
  }
  process.exitCode = wrong === 0 ? 0 : 1
}
