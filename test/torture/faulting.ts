/**
 * One system call of one request fails, and it is looked at what the client is told and what is left.
 *
 * - The status says what failed, with a sentence. A call that was interrupted by a signal is made again, unseen.
 * - What is shared is as it was, or as it should become: and that only where the name had been given before.
 * - No temporary and no descriptor is left, and the server goes on.
 */
import { Tracer } from '../fixtures/strace.ts'
import { atRest, tryToAsk, type Victim } from '../fixtures/victim.ts'
import { look, type Stage } from './stage.ts'
import { describeRoot, stateOf, temporaries, type Way } from './way.ts'

/** What may go wrong, with the status that tells. */
export const statusOf = { EIO: 500, ENOSPC: 507, EMFILE: 503, EROFS: 403, EINTR: undefined } as const
export type Errno = keyof typeof statusOf
export const errnos = Object.keys(statusOf) as readonly Errno[]

export interface Fault {
  readonly way: string
  /** The call that failed. */
  readonly at: string
  readonly status: number | undefined
  /** Which of the way's states was found. */
  readonly state: number
  readonly of: number
  readonly violations: readonly string[]
}

/** Calls whose failure no success may hide: but that a resumable upload has got its name is only noted. */
const decisive = /^(?!rename.*done"\) )(pwrite64|fsync|fdatasync|link|linkat|rename|renameat2?|mkdir|copy_file_range)\(/
/** Calls that give a name, or take one away. */
const naming = /^(link|rename|mkdir|rmdir|unlink)(at2?)?\(.*\) += 0$/
/** What cannot be removed now is left for a later start. */
const removing = /^(unlink|unlinkat|rmdir)\(/
const sentence = /^[a-z_]+: [A-Z/].*\.\n$/s

export class Faulter {
  readonly #stage: Stage
  /** Which server was looked at, and what it had open when it did nothing. A `close` that fails here was not made. */
  #counted: Victim | undefined
  #descriptors = 0

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** Fail its nth call of this name. @returns undefined when the request makes fewer */
  async fail(way: Way, call: string, nth: number, errno: Errno, traced: readonly string[]): Promise<Fault | undefined> {
    const { server, begun, request } = await this.#stage.set(way)
    if (this.#counted !== server) {
      this.#counted = server
      this.#descriptors = await this.#count(server)
    }
    const tracer = await Tracer.attach(server.pid, traced, `${call}:error=${errno}:when=${nth}`)
    const answer = await tryToAsk(server, request)
    // The event loop waits for no `close`, and may have answered before it is made.
    await atRest(server)
    const { calls, injected, injections } = await (server.isEnded ? tracer.outlive() : tracer.detach())
    if (injected === undefined) {
      if (answer === undefined || answer.status >= 300)
        throw new Error(`${way.name}: ${answer?.status} ${answer?.text}`)
      return undefined
    }
    // The event loop closes files on one thread, and connections on another.
    if (call === 'close') this.#descriptors += injections
    const state = stateOf(this.#stage.root, way)
    // Once the name is given, all that is left to fail is the flush of its directory.
    const wanted = state > 0 && answer?.text.startsWith('unconfirmed: ') === true ? 500 : statusOf[errno]
    const strict = way.mayHide !== true
    const violations = [...told(wanted, strict, injected, answer?.status, answer?.text ?? '')]
    violations.push(...this.#found(way, state, answer?.status, calls, injected))
    if (state > 0 && /Nothing/.test(answer?.text ?? '')) violations.push(`it is changed, and told is: ${answer?.text}`)
    violations.push(...(await this.#after(way, injected, server)))
    // That it is still there has been looked at: now it must do what has failed.
    violations.push(...(await this.#stage.again(way, begun, answer)))
    return { way: way.name, at: injected, status: answer?.status, state, of: way.states.length, violations }
  }

  #found(way: Way, state: number, status: number | undefined, calls: readonly string[], injected: string): string[] {
    const done = way.states.length - 1
    if (state < 0) return [`half done: ${describeRoot(this.#stage.root)}`]
    if (status !== undefined && status < 300)
      return state === done ? [] : [`a success was told, and state ${state} is found`]
    const before = calls.slice(0, calls.indexOf(injected)).filter((line) => !line.includes('.twinserve'))
    if (state > 0 && state <= done && !before.some((line) => naming.test(line)))
      return [`it failed before a name was given, and left state ${state}`]
    return []
  }

  async #after(way: Way, injected: string, server: Victim): Promise<string[]> {
    const found: string[] = []
    const left = temporaries(this.#stage.root)
    const excused = removing.test(injected) || way.mayLeave === true
    if (left.length > 0 && !excused) found.push(`it has left ${left.join(', ')}`)
    const answer = await tryToAsk(server, look)
    if (answer?.status !== 200) found.push(`the next request is answered with ${answer?.status}`)
    const open = await this.#count(server)
    if (open > this.#descriptors) found.push(`${open} descriptors are open, of ${this.#descriptors}`)
    if (left.length > 0) {
      await server.kill()
      await this.#stage.server()
      const stays = temporaries(this.#stage.root)
      if (stays.length > 0) found.push(`a start does not remove ${stays.join(', ')}`)
    }
    return found
  }

  async #count(server: Victim): Promise<number> {
    await tryToAsk(server, look)
    await atRest(server)
    return server.descriptors()
  }
}

/** @param wanted undefined when the client must not notice @param strict whether no success may hide a failure */
function* told(
  wanted: number | undefined,
  strict: boolean,
  injected: string,
  status: number | undefined,
  text: string,
): Generator<string> {
  if (status === undefined) return yield 'there was no answer'
  if (status < 300) {
    if (wanted !== undefined && strict && decisive.test(injected)) yield `it hides a failure, and tells ${status}`
    return
  }
  if (status !== wanted) yield `it tells ${status}, not ${wanted ?? 'a success'}: ${text}`
  if (!sentence.test(text)) yield `no sentence: ${JSON.stringify(text)}`
}

/**
 * readdir(3) that is interrupted after it has returned some names: libuv's `uv__fs_readdir` forgets them and goes on
 * behind them. Linux does so only to a process that is about to be killed, or on some network file systems.
 */
function isHopeless(name: string, errno: Errno): boolean {
  return name === 'getdents64' && errno === 'EINTR'
}

/** Fail every call of these names in every way, one after the other, until the request makes no more of them. */
export async function* faults(
  faulter: Faulter,
  way: Way,
  names: readonly string[],
  traced: readonly string[],
): AsyncGenerator<Fault> {
  for (const name of names) {
    for (const errno of errnos) {
      if (isHopeless(name, errno)) continue
      for (let nth = 1; ; nth += 1) {
        const fault = await faulter.fail(way, name, nth, errno, traced)
        if (fault === undefined) break
        yield fault
      }
    }
  }
}
