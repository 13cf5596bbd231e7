/**
 * Calls that outlive their session: it is opened when it is needed, and again when it has broken.
 *
 * - Calls that only look are tried again. One that changes something is not, once it has been sent: it may have been done.
 * - Paths go to the server from the top down, so a new session need not be taken to the old one's directory.
 */
import type { Method, ParamsOf, ResultOf } from '../core/session/messages.ts'
import { checkResult } from './answers.ts'
import type { Endpoint } from './endpoint.ts'
import { ClientError, isPassing } from './errors.ts'
import { type Attempts, retrying } from './retry.ts'
import { openSession, type Session } from './session.ts'

const looking: ReadonlySet<Method> = new Set(['hello', 'pwd', 'cd', 'list', 'stat'])

export class Calls {
  readonly #endpoint: Endpoint
  readonly #timeout: number
  readonly #attempts: Attempts
  readonly #onReopen: (() => void) | undefined
  #session: Promise<Session> | undefined
  #reached = false
  #closed = false

  constructor(endpoint: Endpoint, timeout: number, attempts: Attempts, onReopen?: () => void) {
    this.#onReopen = onReopen
    this.#endpoint = endpoint
    this.#timeout = timeout
    this.#attempts = attempts
  }

  /** Open the session now. @throws ClientError */
  async open(signal?: AbortSignal): Promise<void> {
    await this.#current(signal)
  }

  /** @throws ClientError */
  async call<M extends Method>(method: M, params: ParamsOf<M>, signal?: AbortSignal): Promise<ResultOf<M>> {
    let sent = false
    const attempt = async (): Promise<ResultOf<M>> => {
      const session = await this.#current(signal)
      sent = true
      return checkResult(method, await session.call(method, params, signal))
    }
    const again = (error: unknown) =>
      isPassing(error) && this.#reached && !this.#closed && (!sent || looking.has(method))
    try {
      return await retrying(this.#attempts, signal, attempt, again)
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'connection_lost' || looking.has(method)) throw error
      throw new ClientError('connection_lost', `${error.message} The ${method} may have been done or not.`, {
        cause: error,
      })
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }

  /** The session to use. Whoever comes while it is being opened waits for the same one. */
  async #current(signal: AbortSignal | undefined): Promise<Session> {
    for (;;) {
      if (this.#closed) throw new ClientError('connection_lost', 'The client was closed.')
      const held = this.#session
      const session = await held?.catch(() => undefined)
      if (session?.open) return session
      // Somebody else may have begun to open another one meanwhile.
      if (this.#session !== held) continue
      this.#session = openSession(this.#endpoint, this.#timeout, signal)
      const opened = await this.#session
      if (this.#reached) this.#onReopen?.()
      this.#reached = true
      return opened
    }
  }
}
