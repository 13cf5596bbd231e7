/**
 * What became of every request: arrays made before the run, so that recording allocates nothing during it, and written
 * out when it is over.
 *
 * Times are seconds from the begin of the run, and NaN for what did not happen.
 */
import fs from 'node:fs'
import type { LoadOrder } from './order.ts'

/** By number, as it is recorded. Everything but `answered` is a failure. */
export const outcomes = [
  /** No answer, or not all of it, when the run was given up. */
  'unanswered',
  'answered',
  /** Another status than the one wanted. */
  'wrong status',
  /** Other bytes, or fewer, or more. */
  'wrong bytes',
  /** The connection was closed or reset before the end of the answer. */
  'broken',
  /** The connection could not be made. */
  'refused',
  /** What came was not HTTP/1.1. */
  'malformed',
] as const
export type Outcome = (typeof outcomes)[number]

export class Recording {
  readonly capacity: number
  count = 0
  /** When the request was to be sent. */
  readonly due: Float64Array
  /** When the generator turned to it: the call after which sends it, or begins to connect. */
  readonly begun: Float64Array
  /** When its last byte was in the kernel's hands. */
  readonly sent: Float64Array
  /** When the first bytes of the answer had been read. */
  readonly first: Float64Array
  /** When its last bytes had been read. */
  readonly last: Float64Array
  /** When it was over: answered, or known to have failed. */
  readonly ended: Float64Array
  /** Bytes of the answer's body. */
  readonly bytes: Float64Array
  readonly outcome: Uint8Array
  readonly target: Uint8Array
  /** Which connection it went over. */
  readonly connection: Uint32Array
  /** 1 where no open connection was free, so that it was sent later than it was turned to. */
  readonly connected: Uint8Array
  /** What answers said in `Server-Timing`, in the order in which they came; undefined where it is not kept. */
  readonly timings: string[] | undefined

  constructor(capacity: number, timed = false) {
    this.capacity = capacity
    this.timings = timed ? [] : undefined
    const times = () => new Float64Array(capacity).fill(Number.NaN)
    this.due = times()
    this.begun = times()
    this.sent = times()
    this.first = times()
    this.last = times()
    this.ended = times()
    this.bytes = new Float64Array(capacity)
    this.outcome = new Uint8Array(capacity)
    this.target = new Uint8Array(capacity)
    this.connection = new Uint32Array(capacity)
    this.connected = new Uint8Array(capacity)
  }

  outcomeOf(request: number): Outcome {
    return outcomes[this.outcome[request] as number] as Outcome
  }

  /** A request is over. */
  end(request: number, outcome: Outcome, time: number): void {
    this.outcome[request] = outcomes.indexOf(outcome)
    this.ended[request] = time
  }

  /** It is not over after all: it is sent once more. */
  reopen(request: number): void {
    this.end(request, 'unanswered', Number.NaN)
  }

  /**
   * Latency of each request, from when it was to be sent to the last byte of its answer; seconds. Infinity for one without a
   * right answer: it has waited longer than all others, and leaving it out would reward whoever drops requests.
   */
  latencies(): Float64Array {
    return Float64Array.from({ length: this.count }, (_, request) =>
      this.outcome[request] === 1 ? (this.last[request] as number) - (this.due[request] as number) : Infinity,
    )
  }

  /** One line for each request, behind one with the order. Times are microseconds, with one decimal. */
  write(file: string, order: LoadOrder): void {
    const fd = fs.openSync(file, 'w')
    try {
      fs.writeSync(fd, `${JSON.stringify({ order })}\n`)
      let lines: string[] = []
      for (let request = 0; request < this.count; request += 1) {
        lines.push(this.line(request))
        if (lines.length < 5000 && request < this.count - 1) continue
        fs.writeSync(fd, lines.join(''))
        lines = []
      }
    } finally {
      fs.closeSync(fd)
    }
  }

  private line(request: number): string {
    const time = (seconds: Float64Array) => {
      const value = seconds[request] as number
      return Number.isNaN(value) ? null : Math.round(value * 1e7) / 10
    }
    return `${JSON.stringify({
      request,
      target: this.target[request],
      connection: this.connection[request],
      due: time(this.due),
      begun: time(this.begun),
      sent: time(this.sent),
      first: time(this.first),
      last: time(this.last),
      ended: time(this.ended),
      outcome: this.outcomeOf(request),
      bytes: this.bytes[request],
    })}\n`
  }
}
