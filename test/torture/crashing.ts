/**
 * A server is killed at one system call of one request, started again on the same directory, and looked at.
 *
 * - A success that the client has seen in full is kept: what is shared is as it should become.
 * - Otherwise it is in one of the states that lead there, and nothing is half.
 * - The start has removed what was left over, and the request succeeds when it is made again.
 */
import { message } from '../fixtures/raw-client.ts'
import { fileCalls, Tracer } from '../fixtures/strace.ts'
import { type EngineName, startVictim, tryToAsk, type Victim } from '../fixtures/victim.ts'
import { describeRoot, layOut, stateOf, temporaries, type Way } from './ways.ts'

const onFiles: ReadonlySet<string> = new Set(fileCalls)
const nameOf = (line: string): string => line.slice(0, line.indexOf('('))
const look = message('GET', '/kept', { Connection: 'close' })

/** What came of killing the server at one call. */
export interface Crash {
  readonly way: string
  /** The call that was not made any more. */
  readonly at: string
  /** The call on files made last before it: what is found is what that one has left. */
  readonly last: string
  readonly acknowledged: boolean
  /** Which of the way's states was found. */
  readonly state: number
  readonly of: number
  readonly violations: readonly string[]
}

export class Crasher {
  readonly #engine: EngineName
  readonly #root: string
  readonly #program: string
  #victim: Victim | undefined

  constructor(engine: EngineName, root: string, program: string) {
    this.#engine = engine
    this.#root = root
    this.#program = program
  }

  async #server(): Promise<Victim> {
    if (this.#victim === undefined || this.#victim.isEnded) {
      this.#victim = await startVictim({ engine: this.#engine, root: this.#root, program: this.#program })
    }
    return this.#victim
  }

  async end(): Promise<void> {
    await this.#victim?.kill()
  }

  /** The names of the calls that the request makes. */
  async callsOf(way: Way, traced: readonly string[]): Promise<string[]> {
    const server = await this.#server()
    layOut(this.#root, way)
    const tracer = await Tracer.attach(server.pid, traced)
    const answer = await tryToAsk(server, way.request)
    const { calls } = await tracer.detach()
    if (answer === undefined || answer.status >= 300) throw new Error(`${way.name}: ${answer?.status} ${answer?.text}`)
    return [...new Set(calls.map(nameOf))]
  }

  /**
   * Kill it when it enters this call for the nth time.
   *
   * @param traced the calls that are written down
   * @returns undefined when the request makes fewer
   */
  async crash(way: Way, call: string, nth: number, traced: readonly string[]): Promise<Crash | undefined> {
    const server = await this.#server()
    layOut(this.#root, way)
    const tracer = await Tracer.attach(server.pid, traced, `${call}:signal=SIGKILL:when=${nth}`)
    const answer = await tryToAsk(server, way.request)
    const { calls } = await (answer === undefined ? tracer.outlive() : tracer.abandon())
    // It may be killed by what it does once it has answered.
    if (answer !== undefined && (await tryToAsk(server, look)) !== undefined) return undefined
    await server.ended
    const acknowledged = answer !== undefined && answer.status < 300
    const refused = answer === undefined || acknowledged ? [] : [`it was refused with ${answer.status}: ${answer.text}`]
    const at = calls.findLastIndex((line) => line.startsWith(`${call}(`))
    const last = calls.slice(0, at).findLast((line) => onFiles.has(nameOf(line)))
    const found = { way: way.name, at: calls[at] ?? call, last: last ?? 'nothing', acknowledged }
    return { ...found, of: way.states.length, ...(await this.#examine(way, acknowledged, refused)) }
  }

  /** Kill it right after its answer has arrived. */
  async crashAfterAnswer(way: Way): Promise<Crash> {
    const server = await this.#server()
    layOut(this.#root, way)
    const answer = await tryToAsk(server, way.request)
    await server.kill()
    const refused = answer !== undefined && answer.status < 300 ? [] : [`it was refused: ${answer?.text}`]
    const found = { way: way.name, at: 'the client has the answer', last: '', acknowledged: true }
    return { ...found, of: way.states.length, ...(await this.#examine(way, true, refused)) }
  }

  async #examine(
    way: Way,
    acknowledged: boolean,
    violations: string[],
  ): Promise<{ state: number; violations: string[] }> {
    const state = stateOf(this.#root, way)
    const done = way.states.length - 1
    if (state < 0) violations.push(`half done: ${describeRoot(this.#root)}`)
    else if (acknowledged && state !== done) violations.push(`a success was told, and state ${state} is found`)
    const server = await this.#server()
    const left = temporaries(this.#root)
    if (left.length > 0) violations.push(`the start has left ${left.join(', ')}`)
    if (state !== stateOf(this.#root, way)) violations.push('the start has changed what is shared')
    const again = await tryToAsk(server, way.again)
    if (again === undefined) violations.push('it is not answered when it is made again')
    else if (!way.settled.includes(again.status)) violations.push(`again: ${again.status} ${again.text}`)
    if (stateOf(this.#root, way) !== done) violations.push(`not done when made again: ${describeRoot(this.#root)}`)
    return { state, violations }
  }
}

/** Kill it at every call of these names, one after the other, until the request makes no more of them. */
export async function* crashes(
  crasher: Crasher,
  way: Way,
  names: readonly string[],
  traced: readonly string[],
): AsyncGenerator<Crash> {
  for (const name of names) {
    for (let nth = 1; ; nth += 1) {
      const crash = await crasher.crash(way, name, nth, traced)
      if (crash === undefined) break
      yield crash
    }
  }
  yield await crasher.crashAfterAnswer(way)
}
