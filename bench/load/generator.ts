/**
 * The load generator: it sends requests when they are due, and records what becomes of them.
 *
 * - It trusts no timer. It looks at the clock all the time, and at its sockets with a `poll(2)` that does not wait. So it
 *   takes a core, and is to have one of its own.
 * - In the open loop a request is due when the plan says so, whatever has become of those before: as many connections are opened
 *   as it takes, up to a bound. In the closed loop each connection sends its next request when it has the answer to the last, so that a
 *   server that stops also stops being asked; it is there to be compared.
 * - One request at a time on one connection. The connection that has rested longest is used next.
 */
import { randomFrom } from '../statistics/random.ts'
import { Client, type Surroundings } from './client.ts'
import type { LoadOrder } from './order.ts'
import { chooser, poissonPlan } from './plan.ts'
import { Recording } from './recording.ts'
import { Requests } from './requests.ts'
import { addressOf, Ready } from './socket.ts'

/** The most that one `read(2)` takes. */
const bufferBytes = 256 * 1024
/** Requests in a second that no closed loop here comes near to: how much is recorded at most. */
const fastest = 100_000

export interface Run {
  readonly recording: Recording
  /** Connections opened during the run. */
  readonly opened: number
  /** Requests that were sent again because the server had closed a connection that rested. */
  readonly repeated: number
  /** The longest time between two looks at the clock, in seconds. */
  readonly longestPause: number
}

/** Carry out an order. It blocks the thread until the run is over. @throws when the server cannot be reached, or answers wrongly from the start */
export function generate(order: LoadOrder): Run {
  const authority = `${order.host.includes(':') ? `[${order.host}]` : order.host}:${order.port}`
  const requests = new Requests(order.targets, authority, order.newConnections ? 'close' : undefined)
  const generator = new Generator(order, requests)
  try {
    generator.warmUp()
    collectYoung()
    return generator.run()
  } finally {
    generator.close()
  }
}

/**
 * Not all of it: that throws away the shapes of objects of which there is none just now, as of connections where each request has its own, and with them
 * the compiled code that knows them. It would be compiled again in the first tenth of a second of the run, on the processor that is to send.
 */
function collectYoung(): void {
  ;(globalThis as { gc?: (options: { readonly type: 'minor' }) => void }).gc?.({ type: 'minor' })
}

class Generator {
  private readonly order: LoadOrder
  private readonly requests: Requests
  private readonly address: Buffer
  private readonly ready = new Ready<Client>()
  private readonly buffer = Buffer.allocUnsafeSlow(bufferBytes)
  private readonly time = () => (performance.now() - this.zero) / 1000
  private zero = 0
  private label = ''
  private surroundings: Surroundings
  /** Connections without a request, that which has rested longest first. */
  private idle: Client[] = []
  /** Requests without a connection, the oldest first. */
  private readonly waiting: number[] = []
  private open = 0
  private opened = 0
  private repeated = 0
  private looked = 0
  private longestPause = 0
  /** What a connection does after an answer in the closed loop. */
  private again: (() => boolean) | undefined

  constructor(order: LoadOrder, requests: Requests) {
    this.order = order
    this.requests = requests
    this.address = addressOf(order.host, order.port)
    this.surroundings = this.recordingTo(new Recording(0))
  }

  /** Every connection is used at least once, if there are so many requests to warm up with. */
  warmUp(): void {
    const { warmup, connections, targets } = this.order
    if (warmup === 0) return
    const heaviest = Math.max(...targets.map(({ weight }) => weight))
    const target = targets.findIndex(({ weight }) => weight === heaviest)
    const recording = new Recording(warmup + connections)
    this.label = 'warm'
    this.closedLoop(recording, () => (recording.count < warmup ? target : undefined), 30)
    this.label = ''
    this.demandAnswers(recording)
  }

  run(): Run {
    const { order } = this
    const weights = order.targets.map(({ weight }) => weight)
    this.opened = 0
    this.longestPause = 0
    if (order.loop === 'open') {
      const plan = poissonPlan(order.rate, order.seconds, order.seed, weights)
      const recording = new Recording(plan.due.length, order.phases)
      recording.due.set(plan.due)
      recording.target.set(plan.target)
      this.openLoop(recording)
      return this.result(recording)
    }
    const choose = chooser(randomFrom(order.seed), weights)
    const recording = new Recording(Math.ceil(order.seconds * fastest), order.phases)
    this.closedLoop(
      recording,
      () => (this.time() < order.seconds ? choose() : undefined),
      order.seconds + order.patience,
    )
    return this.result(recording)
  }

  close(): void {
    for (const client of this.idle) client.close()
    this.idle = []
  }

  private result(recording: Recording): Run {
    const { opened, repeated, longestPause } = this
    return { recording, opened, repeated, longestPause }
  }

  private recordingTo(recording: Recording): Surroundings {
    return { requests: this.requests, recording, label: this.label, time: this.time, buffer: this.buffer }
  }

  private begin(recording: Recording, lead: number): void {
    this.surroundings = this.recordingTo(recording)
    for (const client of this.idle) client.moveTo(this.surroundings)
    this.zero = performance.now() + lead
    this.looked = -lead / 1000
  }

  private openLoop(recording: Recording): void {
    const { due } = recording
    this.again = undefined
    // What is due at once is not late because the loop had to begin.
    this.begin(recording, 10)
    const end = this.order.seconds + this.order.patience
    for (;;) {
      let now = this.look()
      while (recording.count < recording.capacity && (due[recording.count] as number) <= now) {
        this.issue(recording.count++)
        now = this.time()
      }
      const left = recording.capacity - recording.count
      if (left === 0 && this.ready.size === 0 && this.waiting.length === 0) return
      if (now > end) {
        this.giveUp()
        return
      }
      this.serve(left === 0 ? end - now : (due[recording.count] as number) - now)
    }
  }

  /** @param next the target of the next request, or undefined when there is to be none */
  private closedLoop(recording: Recording, next: () => number | undefined, end: number): void {
    this.begin(recording, 0)
    this.again = () => {
      const target = recording.count < recording.capacity ? next() : undefined
      if (target === undefined) return false
      const request = recording.count++
      recording.target[request] = target
      recording.due[request] = this.time()
      this.issue(request)
      return true
    }
    for (let at = 0; at < this.order.connections; at += 1) if (!this.again()) break
    while (this.ready.size > 0) {
      const now = this.look()
      if (now > end) {
        this.giveUp()
        return
      }
      this.serve(end - now)
    }
  }

  private look(): number {
    const now = this.time()
    const pause = now - this.looked
    this.looked = now
    if (pause > this.longestPause) this.longestPause = pause
    return now
  }

  /** Send a request, over a connection that rests or a new one. */
  private issue(request: number): void {
    const { recording } = this.surroundings
    recording.begun[request] = this.time()
    const rested = this.order.newConnections ? undefined : this.idle.shift()
    if (rested === undefined) recording.connected[request] = 1
    if (rested !== undefined) this.start(rested, request)
    else if (this.open < this.most()) this.connect(request)
    else this.waiting.push(request)
  }

  /** The closed loop has fewer only while one is replaced. */
  private most(): number {
    return this.again === undefined ? this.order.mostConnections : Infinity
  }

  private connect(request: number): void {
    const { recording } = this.surroundings
    try {
      const client = new Client(this.address, this.opened, this.surroundings)
      this.open += 1
      this.opened += 1
      this.start(client, request)
    } catch {
      // No descriptor is left, for one. In the closed loop there is one connection less from here on.
      recording.end(request, 'refused', this.time())
    }
  }

  private start(client: Client, request: number): void {
    if (client.start(request)) this.finish(client)
    else this.ready.watch(client, client.writing)
  }

  private serve(time: number): void {
    // Rounded down: what is left of a millisecond is spent looking at the clock.
    const timeout = this.order.spin ? 0 : Math.max(0, Math.floor(time * 1000))
    for (const client of this.ready.wait(timeout)) {
      const wrote = client.writing
      if (client.proceed()) this.finish(client)
      else if (wrote && !client.writing) this.ready.watch(client, false)
    }
  }

  private finish(client: Client): void {
    const { recording } = this.surroundings
    const { request } = client
    this.ready.remove(client)
    client.request = -1
    if (client.usable && !this.order.newConnections) this.idle.push(client)
    else {
      client.close()
      this.open -= 1
    }
    if (recording.outcomeOf(request) === 'broken' && client.stale) {
      this.repeated += 1
      recording.reopen(request)
      this.connect(request)
      return
    }
    if (this.again !== undefined) this.again()
    else if (this.waiting.length > 0) this.resume(this.waiting.shift() as number)
  }

  /** A request that has waited for a connection. */
  private resume(request: number): void {
    const rested = this.idle.shift()
    if (rested !== undefined) this.start(rested, request)
    else this.connect(request)
  }

  private giveUp(): void {
    for (const client of this.ready.drain()) {
      client.close()
      this.open -= 1
    }
    this.waiting.length = 0
  }

  private demandAnswers(recording: Recording): void {
    for (let request = 0; request < recording.count; request += 1) {
      const outcome = recording.outcomeOf(request)
      if (outcome === 'answered') continue
      const { host, port, targets } = this.order
      const { method, path } = targets[recording.target[request] as number] ?? { method: '', path: '' }
      throw new Error(
        `${method} ${path} at ${host}:${port} came to nothing before the run began (${outcome}): look whether the server runs, and what it answers.`,
      )
    }
  }
}
