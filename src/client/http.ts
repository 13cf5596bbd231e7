/**
 * Requests beside the session, over connections that are kept.
 *
 * One request is one attempt: trying again is for those who know what it would mean (`retry.ts`).
 */
import { Agent, type AgentOptions, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { readRefusal } from './answers.ts'
import { type Body, sendBody } from './body.ts'
import type { Endpoint } from './endpoint.ts'
import { ClientError, cancelled, demandGoing, isPassing } from './errors.ts'
import { unreachable } from './session.ts'
import { connectSecure } from './trust.ts'

/** A body of which a refusal is worth waiting for before it is sent (RFC 9110, section 10.1.1). */
const expectFrom = 1024 * 1024
/** How long a server may take to say `100 Continue`: some never do. */
const expectTime = 1_000

export interface Wanted {
  readonly method: string
  /** The request target, percent-encoded. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string | number>>
  /** Pieces of it are no longer asked for when the request ends early. */
  readonly body?: Body
  /** Bytes of a body that comes in pieces. Without it, the body is sent in chunks. */
  readonly length?: number
  readonly signal?: AbortSignal | undefined
  /** Statuses that are an answer, not a failure. Any of 2xx unless they are given. */
  readonly accept?: readonly number[]
}

/** Connections through TLS, each handed out once the server is known to be the one that is meant. */
class SecureAgent extends Agent {
  readonly #endpoint: Endpoint
  readonly #timeout: number
  readonly #pending = new Set<() => void>()

  constructor(endpoint: Endpoint, timeout: number, options: AgentOptions) {
    super(options)
    this.#endpoint = endpoint
    this.#timeout = timeout
  }

  /** What Node calls for a new connection. Without a return value it waits for `then`. */
  override createConnection(_options: unknown, then: (error: Error | null, socket?: Duplex) => void): undefined {
    const giveUp = connectSecure(this.#endpoint, this.#timeout, (error, socket) => {
      this.#pending.delete(giveUp)
      then(error ?? null, socket)
    })
    this.#pending.add(giveUp)
  }

  override destroy(): void {
    for (const giveUp of this.#pending) giveUp()
    super.destroy()
  }
}

export class Http {
  readonly endpoint: Endpoint
  readonly #agent: Agent
  readonly #timeout: number
  /** Whether there has been an answer: until then nothing is tried again, for the address may just be wrong. */
  #reached = false
  #closed = false

  constructor(endpoint: Endpoint, connections: number, timeout: number) {
    this.endpoint = endpoint
    this.#timeout = timeout
    const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' as const }
    this.#agent = endpoint.secure ? new SecureAgent(endpoint, timeout, options) : new Agent(options)
  }

  /** End all connections. Requests in progress fail. */
  close(): void {
    this.#closed = true
    this.#agent.destroy()
  }

  /** Whether trying again may help. For `retrying`. */
  readonly passing = (error: unknown): boolean => this.#reached && !this.#closed && isPassing(error)

  /**
   * Send one request and wait for the head of its answer. The content must be read or destroyed by the caller.
   *
   * @throws ClientError the server's refusal, unreachable, connection_lost, bad_answer, cancelled
   */
  async exchange(wanted: Wanted): Promise<IncomingMessage> {
    demandGoing(wanted.signal)
    const response = await this.#send(wanted)
    this.#reached = true
    const status = response.statusCode as number
    const fine = wanted.accept?.includes(status) ?? (status >= 200 && status < 300)
    if (fine) return response
    const failure = await readRefusal(response, `${wanted.method} ${wanted.target}`)
    throw failure
  }

  /** The same for an answer whose content does not matter. */
  async ask(wanted: Wanted): Promise<IncomingMessage> {
    const response = await this.exchange(wanted)
    response.resume()
    // To its end, or the connection could not be used again. That it breaks here changes nothing any more.
    response.on('error', () => {})
    return response
  }

  #send(wanted: Wanted): Promise<IncomingMessage> {
    const { endpoint } = this
    const outgoing = request({
      ...endpoint.target,
      agent: this.#agent,
      method: wanted.method,
      path: wanted.target,
      headers: this.#headers(wanted),
      timeout: this.#timeout,
      maxHeaderSize: 64 * 1024,
    })
    return new Promise((resolve, reject) => {
      const { signal } = wanted
      const fail = (error: Error) => {
        outgoing.destroy(error)
        reject(signal?.aborted ? cancelled(signal) : this.#failure(error, outgoing))
      }
      const cancel = () => fail(new Error('cancelled'))
      signal?.addEventListener('abort', cancel, { once: true })
      outgoing.on('timeout', () => fail(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
      outgoing.on('error', fail)
      outgoing.on('close', () => signal?.removeEventListener('abort', cancel))
      outgoing.on('response', (response) => resolve(response))
      this.#write(outgoing, wanted, fail)
    })
  }

  #headers({ headers, body, length }: Wanted): Record<string, string | number> {
    const { host, authorization } = this.endpoint
    const login = authorization === undefined ? {} : { Authorization: authorization }
    const all: Record<string, string | number> = { Host: host, Accept: 'application/json', ...login, ...headers }
    if (body === undefined) return all
    const bytes = body instanceof Uint8Array ? body.length : length
    if (bytes === undefined) return { ...all, 'Transfer-Encoding': 'chunked' }
    all['Content-Length'] = bytes
    if (bytes >= expectFrom) all.Expect = '100-continue'
    return all
  }

  #write(outgoing: ClientRequest, { body }: Wanted, fail: (error: Error) => void): void {
    if (body === undefined) {
      outgoing.end()
      return
    }
    const stop = new AbortController()
    let begun = false
    const begin = () => {
      if (begun) return
      begun = true
      sendBody(outgoing, body, stop.signal).catch(fail)
    }
    outgoing.on('response', (response) => {
      // An early refusal: what is left of the body is not wanted.
      if (outgoing.writableFinished || (response.statusCode as number) < 400) return
      begun = true
      stop.abort()
      response.on('close', () => outgoing.destroy())
    })
    if (outgoing.getHeader('Expect') === undefined) {
      begin()
      return
    }
    const late = setTimeout(begin, expectTime)
    outgoing.on('continue', begin)
    outgoing.on('close', () => clearTimeout(late))
    outgoing.flushHeaders()
  }

  #failure(error: Error, outgoing: ClientRequest): ClientError {
    const { code = '', syscall } = error as NodeJS.ErrnoException
    if (error instanceof ClientError) return error
    if (code.startsWith('HPE_')) {
      return new ClientError('bad_answer', `The server does not speak HTTP: ${error.message}.`, { cause: error })
    }
    if (syscall === 'connect' || syscall === 'getaddrinfo' || outgoing.socket === null) {
      return unreachable(this.endpoint, error)
    }
    const why = code === 'ETIMEDOUT' ? 'the server does not answer' : code || error.message
    return new ClientError('connection_lost', `The connection to the server broke: ${why}.`, { cause: error })
  }
}

/** The bytes of an answer, with its failures in the client's terms. */
export async function* contentOf(response: IncomingMessage, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  const cancel = () => response.destroy()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    demandGoing(signal)
    for await (const piece of response) yield piece as Buffer
  } catch (error) {
    if (signal?.aborted) throw cancelled(signal)
    if (error instanceof ClientError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ClientError('connection_lost', `The connection to the server broke: ${code}.`, { cause: error })
  } finally {
    signal?.removeEventListener('abort', cancel)
    response.destroy()
  }
}
