/**
 * One session: the WebSocket, and calls in it (docs/session.md).
 *
 * Calls are sent without waiting for the answers to those before. What the server sends is believed only so far as it
 * is well formed: anything else ends the session with `bad_answer`.
 */
import type { IncomingMessage } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import WebSocket, { type ClientOptions } from 'ws'
import { type Method, type ParamsOf, type ResultOf, sessionPath, subprotocol } from '../core/session/messages.ts'
import { readRefusal } from './answers.ts'
import type { Endpoint } from './endpoint.ts'
import { ClientError, type ClientErrorCode, cancelled, demandGoing } from './errors.ts'
import { connectSecure, handshakeReason } from './trust.ts'

/** An answer takes less than 1 MiB (docs/session.md): twice that is no answer of ours. */
const longestAnswer = 2 * 1024 * 1024
/** How long a server may take to answer a Close frame before the connection is cut. */
const closeTime = 2_000

interface Pending {
  readonly method: Method
  readonly resolve: (result: unknown) => void
  readonly reject: (error: ClientError) => void
}

export class Session {
  readonly #socket: WebSocket
  readonly #timeout: number
  readonly #pending = new Map<number, Pending>()
  #silence: NodeJS.Timeout | undefined
  #lastId = 0
  #failure: ClientError | undefined

  constructor(socket: WebSocket, timeout: number) {
    this.#socket = socket
    this.#timeout = timeout
    socket.on('message', (data, binary) => this.#hear(data as Buffer, binary))
    socket.on('error', (error) => this.#fail(failureOf(error)))
    socket.on('close', (code, reason) =>
      this.#fail(lost(`it was closed (${code}${reason.length > 0 ? `, ${reason}` : ''})`)),
    )
  }

  /** Whether calls can be sent. */
  get open(): boolean {
    return this.#failure === undefined && this.#socket.readyState === WebSocket.OPEN
  }

  /** @throws ClientError with the server's code, connection_lost, cancelled */
  call<M extends Method>(method: M, params: ParamsOf<M>, signal: AbortSignal | undefined): Promise<ResultOf<M>> {
    demandGoing(signal)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#lastId += 1
    const id = this.#lastId
    const answered = new Promise<unknown>((resolve, reject) => {
      const cancel = () => this.#pending.get(id)?.reject(cancelled(signal as AbortSignal))
      const settle = <T>(then: (value: T) => void) => {
        return (value: T) => {
          signal?.removeEventListener('abort', cancel)
          then(value)
        }
      }
      this.#pending.set(id, { method, resolve: settle(resolve), reject: settle(reject) })
      signal?.addEventListener('abort', cancel)
    })
    this.#listen()
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return answered as Promise<ResultOf<M>>
  }

  /** End the session. */
  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const cut = setTimeout(() => this.#socket.terminate(), closeTime)
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.close(1000)
    await closed
    clearTimeout(cut)
  }

  #hear(data: Buffer, binary: boolean): void {
    const message = binary ? undefined : parse(data.toString('utf8'))
    const pending = typeof message?.id === 'number' ? this.#pending.get(message.id) : undefined
    if (message === undefined || pending === undefined) {
      this.#lie('a message that answers nothing')
      return
    }
    const error = message.error === undefined ? undefined : refusalIn(message.error)
    if (error === undefined && (message.error !== undefined || message.result === undefined)) {
      this.#lie(`an answer to ${pending.method} without a result`)
      return
    }
    this.#pending.delete(message.id as number)
    this.#listen()
    if (error === undefined) pending.resolve(message.result)
    else pending.reject(error)
  }

  /** While an answer is awaited, silence means that the connection is broken. */
  #listen(): void {
    clearTimeout(this.#silence)
    if (this.#pending.size === 0) return
    this.#silence = setTimeout(() => this.#fail(lost('the server does not answer')), this.#timeout)
  }

  #lie(what: string): void {
    this.#fail(new ClientError('bad_answer', `The server does not keep to the session protocol: it sent ${what}.`))
  }

  #fail(error: ClientError): void {
    clearTimeout(this.#silence)
    this.#failure ??= error
    for (const { reject } of this.#pending.values()) reject(this.#failure)
    this.#pending.clear()
    this.#socket.terminate()
  }
}

/** @throws ClientError unreachable, cancelled, bad_answer, or the server's refusal of the handshake */
export async function openSession(endpoint: Endpoint, timeout: number, signal?: AbortSignal): Promise<Session> {
  demandGoing(signal)
  let giveUp = () => {}
  const socket = new WebSocket(`ws://${endpoint.host}${sessionPath}`, [subprotocol], {
    perMessageDeflate: false,
    headers: {
      Accept: 'application/json',
      ...(endpoint.authorization === undefined ? {} : { Authorization: endpoint.authorization }),
    },
    maxPayload: longestAnswer,
    createConnection: ((_options: unknown, then: (error: Error | null, socket?: Socket) => void) => {
      if (!endpoint.secure) return connectTo(endpoint)
      giveUp = connectSecure(endpoint, timeout, (error, secured) => then(error ?? null, secured))
      return undefined
    }) as unknown as ClientOptions['createConnection'],
  })
  // Buffers as they are, not fragments.
  socket.binaryType = 'nodebuffer'
  const cancel = () => {
    giveUp()
    socket.terminate()
  }
  // Of the whole handshake. The timeout of `ws` is for sockets that it makes itself.
  let late: Error | undefined
  const timer = setTimeout(() => {
    late = Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })
    cancel()
  }, timeout)
  signal?.addEventListener('abort', cancel)
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.on('error', (error) => reject(signal?.aborted ? cancelled(signal) : failureOf(late ?? error, endpoint)))
      socket.once('unexpected-response', (_request, response: IncomingMessage) => {
        readRefusal(response, `GET ${sessionPath}`, (status) => stranger(endpoint, status)).then(reject, reject)
      })
    })
  } catch (error) {
    cancel()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
  return new Session(socket, timeout)
}

function connectTo({ target }: Endpoint): Socket {
  return connectPlain('socketPath' in target ? { path: target.socketPath } : target)
}

function lost(why: string, cause?: unknown): ClientError {
  return new ClientError('connection_lost', `The connection to the server broke: ${why}.`, { cause })
}

/** What an error of `ws` or of its socket means. @param endpoint when the session was not open yet */
function failureOf(error: Error, endpoint?: Endpoint): ClientError {
  if (error instanceof ClientError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code?.startsWith('WS_ERR_')) {
    return new ClientError('bad_answer', `The server does not keep to the session protocol: ${error.message}.`, {
      cause: error,
    })
  }
  return endpoint === undefined ? lost(code ?? error.message, error) : unreachable(endpoint, error)
}

/** Nobody is there. */
export function unreachable(endpoint: Endpoint, cause: Error): ClientError {
  const { code } = cause as NodeJS.ErrnoException
  const where = endpoint.url.href
  const why: Readonly<Record<string, readonly [reason: string, way?: string]>> = {
    ECONNREFUSED: ['nothing listens there'],
    ENOENT: ['there is no such socket'],
    ENOTFOUND: ['the name leads to no address', 'Check the name, or give another address.'],
    EAI_AGAIN: ['the name cannot be looked up now', 'Try again, or give an address in numbers.'],
    ETIMEDOUT: ['it does not answer'],
  }
  const [reason, way] = why[code ?? ''] ?? handshakeReason(cause) ?? [code ?? cause.message]
  const message = `The server at ${where} cannot be reached: ${reason}. ${way ?? 'Start it, or give another address.'}`
  return new ClientError('unreachable', message, { cause })
}

/** Somebody is there who speaks HTTP, and knows nothing of sessions. @returns undefined for what a proxy may say of a server that does */
function stranger({ url }: Endpoint, status: number): ClientError | undefined {
  if (status >= 400 && ![400, 404, 405, 501].includes(status)) return undefined
  const message = `What answers at ${url.href} is no twinserve: it has no ${sessionPath} (status ${status}). Give another address.`
  return new ClientError('unreachable', message, { status })
}

interface Message {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

function parse(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The refusal that an error object tells of; undefined when it is none. */
function refusalIn(error: unknown): ClientError | undefined {
  const { message, data } = (error ?? {}) as { message?: unknown; data?: { code?: unknown; status?: unknown } | null }
  if (typeof message !== 'string' || typeof data?.code !== 'string' || typeof data.status !== 'number') return undefined
  return new ClientError(data.code as ClientErrorCode, message, { status: data.status })
}
