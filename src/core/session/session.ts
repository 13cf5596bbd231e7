/**
 * A session: a connection that speaks frames in place of HTTP.
 *
 * - A turn lasts from the first byte of a message to the last of its answer, as a request's does. Control frames are answered
 *   on the way. A frame that is there only in part holds the turn, up to `limits.messageTime`.
 * - Between two turns it rests. When nothing comes, the peer is sent a ping; when nothing comes after that, it is gone.
 * - Until an answer is in the kernel's hands nothing more is read, so a peer that does not read fills no memory here.
 * - After our Close frame the engine ends our side, and reads what still comes without looking at it (RFC 6455, section 7.1.1).
 */
import { errnoOf } from '../errors.ts'
import { type Connection, type Fate, lost, type Protocol } from '../http/connection.ts'
import { logMistake, logRequest } from '../log.ts'
import { hrefOf } from '../pages/address.ts'
import type { Access } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { newTrace, type Trace, traced } from '../trace.ts'
import { closeCodes, Violation } from '../websocket/closing.ts'
import { type Frame, FrameReader } from '../websocket/reader.ts'
import { closeFrame, pingFrame, pongFrame, textFrame } from '../websocket/writer.ts'
import { type Answered, answerTo } from './answer.ts'
import { subprotocol } from './messages.ts'
import { Place } from './methods.ts'
import { Allowance } from './rate.ts'

export class Session implements Protocol {
  readonly #connection: Connection
  readonly #site: Site
  readonly #place: Place
  readonly #reader: FrameReader
  readonly #frames: Allowance
  readonly #controls: Allowance
  /** A ping was sent, and nothing has come since. */
  #pinged = false

  constructor(connection: Connection, site: Site, access: Access) {
    this.#connection = connection
    this.#site = site
    this.#place = new Place(site, access)
    this.#reader = new FrameReader(site.limits)
    this.#frames = new Allowance(site.limits.frameRate, site.environment.now())
    this.#controls = new Allowance(site.limits.controlRate, site.environment.now())
  }

  get patience(): number {
    return this.#site.limits.pingInterval
  }

  turn(): Program<Fate> {
    const { environment, logFormat, metrics, events } = this.#site
    const trace = newTrace(this.#connection.ready, environment.now())
    const program = this.#guarded(this.#turn(trace))
    const recorded = logFormat !== 'off' || metrics !== undefined || events !== undefined
    return recorded ? traced(program, trace, environment, events?.callsOf(this.#connection)) : program
  }

  lapse(): Program<Fate> {
    return this.#guarded(this.#lapse())
  }

  ended(): void {
    this.#site.sessions -= 1
  }

  /** What the peer has done wrong ends the session, by a Close frame if that can still be sent. */
  *#guarded(program: Program<Fate>): Program<Fate> {
    try {
      return yield* program
    } catch (error) {
      if (error instanceof Violation) return yield* this.#guarded(this.#close(error.code, error.message))
      if (lost.has(errnoOf(error))) return 'abort'
      throw error
    }
  }

  *#turn(trace: Trace): Program<Fate> {
    this.#connection.reading = false
    this.#connection.pace.begin()
    this.#site.metrics?.begin()
    try {
      return yield* this.#listen(trace)
    } finally {
      this.#site.metrics?.end()
    }
  }

  *#listen(trace: Trace): Program<Fate> {
    const deadline = this.#site.environment.now() + this.#site.limits.messageTime
    do {
      const frame = yield* this.#nextFrame(deadline)
      if (frame === undefined) return 'abort'
      if (frame.kind === 'close') return yield* this.#close(frame.code)
      if (frame.kind === 'ping') yield* this.#send(pongFrame(frame.payload))
      if (frame.kind === 'message') yield* this.#message(frame.text, trace)
    } while (this.#reader.midway)
    return this.#site.draining ? yield* this.#lapse() : 'keep'
  }

  *#lapse(): Program<Fate> {
    if (this.#site.draining) return yield* this.#close(closeCodes.goingAway, 'the server is stopping')
    if (this.#pinged) return yield* this.#close(closeCodes.goingAway, 'a ping was not answered')
    this.#pinged = true
    yield* this.#send(pingFrame, this.#site.limits.lingerTime)
    return 'keep'
  }

  /** @returns undefined when the peer has ended its side */
  *#nextFrame(deadline: number): Program<Frame | undefined> {
    for (;;) {
      const { leftover } = this.#connection
      const bytes = leftover ?? (yield* this.#receive(deadline))
      if (bytes.length === 0) return undefined
      this.#pinged = false
      const { used, frame } = this.#reader.feed(bytes)
      const rest = used < bytes.length ? bytes.subarray(used) : undefined
      // The engine uses its buffer again.
      this.#connection.leftover = rest !== undefined && leftover === undefined ? new Uint8Array(rest) : rest
      if (frame === undefined) continue
      const allowance = frame.kind === 'part' || frame.kind === 'message' ? this.#frames : this.#controls
      if (allowance.take(this.#site.environment.now())) return frame
      throw new Violation(closeCodes.policyViolation, 'too many frames in a second')
    }
  }

  *#receive(deadline: number): Program<Uint8Array> {
    const { environment } = this.#site
    const { pace } = this.#connection
    const now = environment.now()
    try {
      return yield* this.#receiveInTime(deadline)
    } finally {
      pace.spend(environment.now() - now, 0)
    }
  }

  *#receiveInTime(deadline: number): Program<Uint8Array> {
    try {
      return yield* call('recv', this.#connection.socket, deadline)
    } catch (error) {
      if (errnoOf(error) !== 'ETIMEDOUT') throw error
      throw new Violation(closeCodes.policyViolation, 'the message did not arrive in time')
    }
  }

  *#message(text: string, trace: Trace): Program<void> {
    const { accounts, environment } = this.#site
    trace.headRead = environment.now()
    // Who has lost his rights meanwhile has lost them here too.
    if (accounts.changing) yield* accounts.freshen(this.#site)
    const answered = yield* answerTo(this.#place, text, (reading) => {
      this.#connection.reading = reading
    })
    if (answered.mistake !== undefined) logMistake(this.#site, answered.mistake)
    trace.answered = environment.now()
    const frame = answered.message === undefined ? undefined : textFrame(JSON.stringify(answered.message))
    try {
      if (frame !== undefined) yield* this.#send(frame)
    } finally {
      trace.done = environment.now()
      this.#note(answered, frame?.length ?? 0, trace)
    }
  }

  #note({ method, status }: Answered, bytes: number, trace: Trace): void {
    const { segments, slash } = this.#place.subject
    this.#site.metrics?.request('session', status, trace)
    const logged = {
      connection: this.#connection,
      head: {
        complete: method !== undefined,
        method: method ?? '',
        target: hrefOf(segments, slash),
        protocol: subprotocol,
        field: () => undefined,
      },
      status,
      bytes,
      trace,
      user: this.#place.access.user,
    }
    logRequest(this.#site, logged)
    this.#site.events?.request(logged)
  }

  *#close(code: number | undefined, reason?: string): Program<Fate> {
    yield* this.#send(closeFrame(code, reason), this.#site.limits.lingerTime)
    return 'close'
  }

  /** @param patience milliseconds that the peer has for each piece */
  *#send(bytes: Uint8Array, patience = this.#site.limits.sendStall): Program<void> {
    const { environment, limits } = this.#site
    const { pace, socket } = this.#connection
    for (let at = 0; at < bytes.length; at += limits.sendPiece) {
      const piece = bytes.subarray(at, at + limits.sendPiece)
      const now = environment.now()
      yield* call('send', socket, piece, now + pace.within(patience, limits))
      pace.spend(environment.now() - now, piece.length)
    }
  }
}
