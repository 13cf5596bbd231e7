/**
 * A server is killed at one system call of one request, started again on the same directory, and looked at.
 *
 * - A success that the client has seen in full is kept: what is shared is as it should become.
 * - Otherwise it is in one of the states that lead there, and nothing is half.
 * - The start has removed what was left over, and the request succeeds when it is made again.
 */
import type { Answer } from '../fixtures/raw-client.ts'
import { fileCalls, Tracer } from '../fixtures/strace.ts'
import { tryToAsk } from '../fixtures/victim.ts'
import { look, nameOf, type Stage } from './stage.ts'
import { describeRoot, stateOf, temporaries, type Way } from './way.ts'

const onFiles: ReadonlySet<string> = new Set(fileCalls)

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
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /**
   * Kill it when it enters this call for the nth time.
   *
   * @param traced the calls that are written down
   * @returns undefined when the request makes fewer
   */
  async crash(way: Way, call: string, nth: number, traced: readonly string[]): Promise<Crash | undefined> {
    const { server, begun, request } = await this.#stage.set(way)
    const tracer = await Tracer.attach(server.pid, traced, `${call}:signal=SIGKILL:when=${nth}`)
    const answer = await tryToAsk(server, request)
    const { calls } = await (answer === undefined ? tracer.outlive() : tracer.abandon())
    // It may be killed by what it does once it has answered.
    if (answer !== undefined && (await tryToAsk(server, look)) !== undefined) return undefined
    await server.ended
    const acknowledged = answer !== undefined && answer.status < 300
    const refused = answer === undefined || acknowledged ? [] : [`it was refused with ${answer.status}: ${answer.text}`]
    const at = calls.findLastIndex((line) => line.startsWith(`${call}(`))
    const last = calls.slice(0, at).findLast((line) => onFiles.has(nameOf(line)))
    const found = { way: way.name, at: calls[at] ?? call, last: last ?? 'nothing', acknowledged }
    return { ...found, of: way.states.length, ...(await this.#examine(way, begun, answer, refused)) }
  }

  /** Kill it right after its answer has arrived. */
  async crashAfterAnswer(way: Way): Promise<Crash> {
    const { server, begun, request } = await this.#stage.set(way)
    const answer = await tryToAsk(server, request)
    await server.kill()
    const refused = answer !== undefined && answer.status < 300 ? [] : [`it was refused: ${answer?.text}`]
    const found = { way: way.name, at: 'the client has the answer', last: '', acknowledged: true }
    return { ...found, of: way.states.length, ...(await this.#examine(way, begun, answer, refused)) }
  }

  async #examine(
    way: Way,
    begun: string,
    answer: Answer | undefined,
    violations: string[],
  ): Promise<{ state: number; violations: string[] }> {
    const state = stateOf(this.#stage.root, way)
    const done = way.states.length - 1
    if (state < 0 || state > done) violations.push(`half done: ${describeRoot(this.#stage.root)}`)
    else if (answer !== undefined && state !== done) violations.push(`a success was told, and state ${state} is found`)
    await this.#stage.server()
    const left = temporaries(this.#stage.root)
    if (left.length > 0) violations.push(`the start has left ${left.join(', ')}`)
    if (state !== stateOf(this.#stage.root, way)) violations.push('the start has changed what is shared')
    violations.push(...(await this.#stage.again(way, begun, answer)))
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
