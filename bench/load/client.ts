/** One connection, and the request that is under way on it. It never waits, and asks nothing of the clock but the time. */
import { POLLIN } from '../../src/posix/platform.ts'
import { Answer, Malformed } from './answer.ts'
import type { Outcome, Recording } from './recording.ts'
import type { Requests } from './requests.ts'
import { close, connect, read, type Watched, write } from './socket.ts'

/** What all connections of a run share. */
export interface Surroundings {
  readonly requests: Requests
  readonly recording: Recording
  /** What the numbers of requests begin with: names made while warming up are not those of the run. */
  readonly label: string
  /** Seconds since the run began. */
  readonly time: () => number
  /** What is read into: its content is looked at before anybody reads again. */
  readonly buffer: Buffer
}

export class Client implements Watched {
  readonly fd: number
  readonly id: number
  slot = -1
  events = 0
  /** The number of its request, and -1 while it has none. */
  request = -1
  /** Whether its connection can take another request. */
  usable = true
  private used = 0
  private connected = false
  private out: readonly Buffer[] = []
  private part = 0
  private written = 0
  private answer = new Answer('GET', undefined)
  private run: Surroundings

  /** Begins to connect. @throws the error of `connect(2)`, where it is known at once */
  constructor(address: Buffer, id: number, run: Surroundings) {
    this.fd = connect(address)
    this.id = id
    this.run = run
  }

  /** Whether there is something left to send. */
  get writing(): boolean {
    return this.part < this.out.length
  }

  /** Whether the server had closed the connection before it saw this request, which then may be sent again (RFC 9112, section 9.3.1). */
  get stale(): boolean {
    return this.used > 1 && !this.answer.begun
  }

  /** From now on it belongs to another run: that which it was opened in was there to warm up. */
  moveTo(run: Surroundings): void {
    this.run = run
  }

  /** Take a request. @returns whether that has failed at once */
  start(request: number): boolean {
    const { recording, requests, label } = this.run
    const target = recording.target[request] as number
    this.request = request
    this.used += 1
    this.out = requests.bytesOf(target, `${label}${request}`)
    this.part = 0
    this.written = 0
    this.answer = new Answer(requests.methodOf(target), requests.expectedOf(target), recording.timings !== undefined)
    recording.connection[request] = this.id
    // A new connection is written to when poll says that there is one.
    return this.connected ? this.attempt(() => this.send()) : false
  }

  /** Something has come, or there is room. @returns whether the request is over */
  proceed(): boolean {
    return this.attempt(() => {
      if (this.writing) {
        this.send()
        if ((this.events & POLLIN) === 0) return false
      }
      return this.receive()
    })
  }

  close(): void {
    close(this.fd)
  }

  private attempt(step: () => boolean): boolean {
    try {
      return step()
    } catch (error) {
      if (error instanceof Malformed) return this.over('malformed')
      return this.over(this.connected ? 'broken' : 'refused')
    }
  }

  /** @returns false: a request is not over by being sent */
  private send(): boolean {
    while (this.writing) {
      const bytes = this.out[this.part] as Buffer
      const count = write(this.fd, bytes, this.written)
      this.connected = true
      this.written += count
      if (this.written < bytes.length) return false
      this.part += 1
      this.written = 0
    }
    this.run.recording.sent[this.request] = this.run.time()
    return false
  }

  private receive(): boolean {
    const { buffer, recording, time } = this.run
    const count = read(this.fd, buffer)
    if (count < 0) return false
    const now = time()
    if (count === 0) return this.answer.end() ? this.complete(now) : this.over('broken')
    if (!this.answer.begun) recording.first[this.request] = now
    return this.answer.read(buffer.subarray(0, count)) ? this.complete(now) : false
  }

  private complete(now: number): true {
    const { recording, requests } = this.run
    const { status, bytes, right, keep, timing } = this.answer
    const target = recording.target[this.request] as number
    recording.last[this.request] = now
    recording.bytes[this.request] = bytes
    recording.timings?.push(timing)
    if (!requests.statusIsRight(target, status)) this.over('wrong status', now)
    else if (!right || !requests.lengthIsRight(target, bytes)) this.over('wrong bytes', now)
    else this.over('answered', now)
    // An early refusal: what is left of the body is not wanted, and nobody could tell it from the next request.
    this.usable = keep && !this.writing
    return true
  }

  private over(outcome: Outcome, now = this.run.time()): true {
    this.run.recording.end(this.request, outcome, now)
    this.usable = false
    return true
  }
}
