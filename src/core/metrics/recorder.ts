/**
 * What one serving loop counts.
 *
 * A request costs some additions in an array: `bench/overhead.ts` says how much that is.
 */
import type { Trace } from '../trace.ts'
import {
  bounds,
  type Counter,
  counterSlot,
  type Gauge,
  gaugeCount,
  gaugeSlot,
  lagSlot,
  methods,
  type Phase,
  phaseSlot,
  requestSlot,
  slotCount,
  sumOffset,
} from './slots.ts'

const methodNumbers: ReadonlyMap<string, number> = new Map(methods.map((method, number) => [method, number]))
const other = methods.indexOf('other')
const [wait, head, receive, files, send, total] = (
  ['wait', 'head', 'receive', 'files', 'send', 'total'] satisfies Phase[]
).map(phaseSlot) as [number, number, number, number, number, number]
const [receivedAt, sentAt] = [counterSlot('received'), counterSlot('sent')]
const inFlightAt = gaugeSlot('inFlight')

export class Recorder {
  readonly slots: Float64Array

  /** @param memory what another loop may have counted in before, whose place this one takes */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(slotCount * 8)) {
    this.slots = new Float64Array(memory)
    this.slots.fill(0, 0, gaugeCount)
  }

  /** What there is now. */
  set(gauge: Gauge, value: number): void {
    this.slots[gaugeSlot(gauge)] = value
  }

  add(counter: Counter, amount: number): void {
    this.#add(counterSlot(counter), amount)
  }

  /** A request begins. */
  begin(): void {
    this.#add(inFlightAt, 1)
  }

  /** A request has ended, with an answer or without; or nothing came that was one. */
  end(): void {
    this.#add(inFlightAt, -1)
  }

  /** @param method as the client sent it, or `session` @param status 0 when there was no answer */
  request(method: string, status: number, trace: Trace): void {
    this.#add(requestSlot(methodNumbers.get(method) ?? other, Math.floor(status / 100)), 1)
    this.#add(receivedAt, trace.received)
    this.#add(sentAt, trace.sent)
    this.#observe(wait, trace.begun - trace.ready)
    this.#observe(head, trace.headRead - trace.begun)
    this.#observe(receive, trace.receiving)
    this.#observe(files, trace.files)
    this.#observe(send, trace.sending)
    this.#observe(total, trace.done - trace.ready)
  }

  /** The event loop came so much later than it was to, in milliseconds. */
  late(lag: number): void {
    this.#observe(lagSlot, lag)
  }

  #add(slot: number, amount: number): void {
    this.slots[slot] = (this.slots[slot] as number) + amount
  }

  #observe(slot: number, milliseconds: number): void {
    // A phase that there was not: a header section that never came whole.
    if (Number.isNaN(milliseconds)) return
    const seconds = milliseconds / 1000
    let bucket = 0
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1
    this.#add(slot + bucket, 1)
    this.#add(slot + sumOffset, milliseconds)
  }
}
