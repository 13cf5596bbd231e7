/**
 * One request and its answer.
 *
 * - Whatever happens there is at most one answer, and after an error in the framing the connection ends.
 * - An answer that has begun is never followed by another: what fails in its middle cuts the connection, so that
 *   the client sees that it is not whole.
 * - What is left of a body is read only if that is cheaper than a new connection.
 */
import { errnoOf, Refusal, refusalOf } from '../errors.ts'
import { logMistake, logRequest } from '../log.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { newTrace, type Trace, traced } from '../trace.ts'
import { formOf } from './accept.ts'
import { answerHead } from './answer-head.ts'
import { refuse } from './answers.ts'
import { RequestBody, receive } from './body.ts'
import { type Connection, type Fate, lost } from './connection.ts'
import { RequestHead } from './head.ts'
import { giveParser, type Llhttp, takeParser } from './llhttp.ts'
import { challenge, identify, keptPrivate } from './login.ts'
import { checkHost } from './origin.ts'
import { Output } from './output.ts'
import { Request } from './request.ts'
import type { Response } from './response.ts'
import { route } from './routes.ts'
import { parseTarget } from './target.ts'

/** Read one request, do it, and write the answer. Never throws, except for a mistake in the program. */
export function exchange(connection: Connection, site: Site): Program<Fate> {
  const trace = newTrace(connection.ready, site.environment.now())
  const program = new Exchange(connection, site, trace).run()
  const { events } = site
  const recorded = site.serverTiming || site.logFormat !== 'off' || site.metrics !== undefined || events !== undefined
  return recorded ? traced(program, trace, site.environment, events?.callsOf(connection)) : program
}

class Exchange {
  readonly #connection: Connection
  readonly #site: Site
  readonly #trace: Trace
  readonly #parser: Llhttp = takeParser()
  readonly #head: RequestHead
  readonly #out: Output
  #body: RequestBody | undefined
  #request: Request | undefined
  #status = 0
  /** There was no request, and so there is nothing to tell of it. */
  #silent = false

  constructor(connection: Connection, site: Site, trace: Trace) {
    this.#connection = connection
    this.#site = site
    this.#trace = trace
    this.#head = new RequestHead(site.limits)
    this.#out = new Output(connection, site)
  }

  *run(): Program<Fate> {
    this.#site.metrics?.begin()
    try {
      return yield* this.#whole()
    } finally {
      this.#site.metrics?.end()
      this.#out.release()
      giveParser(this.#parser)
      if (!this.#silent) this.#note()
    }
  }

  *#whole(): Program<Fate> {
    try {
      const rest = yield* this.#readHead()
      this.#silent = rest === undefined
      return rest === undefined ? 'abort' : yield* this.#answer(rest)
    } catch (error) {
      return yield* this.#fail(error)
    }
  }

  /** @returns the bytes behind the header section, or undefined when the peer ended the connection instead of sending a request */
  *#readHead(): Program<Uint8Array | undefined> {
    const { environment, limits } = this.#site
    const { pace } = this.#connection
    const begun = environment.now()
    pace.begin()
    const deadline = begun + pace.within(limits.headerTime, limits)
    try {
      let bytes = this.#connection.leftover ?? (yield* receive(this.#connection, deadline))
      this.#connection.leftover = undefined
      if (bytes.length === 0) return undefined
      for (;;) {
        const used = this.#head.feed(this.#parser, bytes)
        bytes = bytes.subarray(used)
        if (this.#head.complete) break
        if (bytes.length > 0) continue
        bytes = yield* receive(this.#connection, deadline)
        if (bytes.length === 0) throw new Refusal('bad_request', 'it ends within its header section')
      }
      this.#trace.headRead = environment.now()
      this.#connection.requests += 1
      return bytes
    } finally {
      const read = this.#trace.headRead
      pace.spend((Number.isNaN(read) ? environment.now() : read) - begun, 0)
    }
  }

  *#answer(rest: Uint8Array): Program<Fate> {
    const head = this.#head
    const expect = head.minor > 0 ? head.field('expect')?.toLowerCase() : undefined
    this.#body = new RequestBody(this.#connection, this.#site, head.framing, this.#parser, rest, expect !== undefined)
    if (expect !== undefined && expect !== '100-continue') throw new Refusal('expectation_failed')
    const target = parseTarget(head.target, head.method)
    this.#request = new Request(head, target, this.#body, this.#site, this.#connection.ends)
    this.#connection.reading = this.#request.reading
    checkHost(this.#request.authority, this.#site)
    yield* identify(this.#request)
    return yield* this.#respond(yield* this.#routed(this.#request))
  }

  /** A call that failed in a handler was about the path of the request, unless it was the connection that failed. */
  *#routed(request: Request): Program<Response> {
    try {
      return yield* route(request)
    } catch (error) {
      const errno = errnoOf(error)
      throw errno === undefined || lost.has(errno) ? error : refusalOf(error, request.path.text)
    }
  }

  *#respond(response: Response): Program<Fate> {
    try {
      return yield* this.#send(response)
    } finally {
      if (response.release !== undefined) yield* response.release()
    }
  }

  *#send(response: Response): Program<Fate> {
    const { status, parts, stream, upgrade } = response
    const keep = upgrade !== undefined || this.#mayKeep(stream !== undefined)
    this.#status = status
    this.#trace.answered = this.#site.environment.now()
    const { fields = '', access } = this.#request ?? {}
    const all = fields === '' ? response.headers : response.headers + fields
    const whole = { ...response, headers: access?.user === undefined ? all : keptPrivate(all) }
    this.#out.head(answerHead(this.#site, this.#head, whole, keep, this.#trace))
    if (this.#head.method !== 'HEAD') {
      if (stream !== undefined) {
        if (this.#head.minor > 0) yield* this.#out.startChunks()
        yield* stream(this.#out)
      } else if (parts !== undefined) yield* this.#out.parts(parts)
    }
    yield* this.#out.end()
    if (upgrade !== undefined) this.#connection.protocol = upgrade(this.#connection)
    return keep && (yield* this.#finishBody()) ? 'keep' : 'close'
  }

  /** Whether the connection can serve another request after this answer. */
  #mayKeep(streamed: boolean): boolean {
    const body = this.#body
    // Without a whole header section there is no next request to be found.
    if (body === undefined || body.broken || !this.#head.keepAlive || this.#site.draining) return false
    // HTTP/1.0 has no chunks: the end of the connection is the end of the content.
    if (streamed && this.#head.minor === 0) return false
    if (this.#connection.requests >= this.#site.limits.requestsPerConnection) return false
    if (body.ended) return true
    return !body.heldBack && (body.length === undefined || body.length <= this.#site.limits.drainBytes)
  }

  *#finishBody(): Program<boolean> {
    const body = this.#body as RequestBody
    if (!body.ended && !(yield* this.#drain(body))) return false
    // A copy of its own: the engine's buffer is used for other connections before the next exchange.
    if (body.behind.length > 0) this.#connection.leftover = Uint8Array.from(body.behind)
    return true
  }

  /** The answer is out and must still arrive: a body that proves malformed or too slow ends the connection, and does not cut it. */
  *#drain(body: RequestBody): Program<boolean> {
    try {
      return yield* body.drain(this.#site.limits.drainBytes)
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
  }

  *#fail(error: unknown): Program<Fate> {
    if (this.#out.begun || lost.has(errnoOf(error))) return 'abort'
    const refusal = refusalOf(error, '')
    if (refusal.code === 'internal') logMistake(this.#site, error)
    const form = this.#head.complete ? formOf(this.#head, this.#request?.target) : 'text'
    try {
      const request = this.#request
      const challenged = refusal.status === 401 && request !== undefined
      return yield* this.#respond(challenged ? challenge(request, form, refusal) : refuse(form, refusal))
    } catch {
      return 'abort'
    }
  }

  #note(): void {
    this.#trace.done = this.#site.environment.now()
    const head = this.#head
    const bytes = this.#out.sent
    const user = this.#request?.access.user
    this.#site.metrics?.request(head.method, this.#status, this.#trace)
    const logged = { connection: this.#connection, head, status: this.#status, bytes, trace: this.#trace, user }
    logRequest(this.#site, logged)
    this.#site.events?.request(logged)
  }
}
