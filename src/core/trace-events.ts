/**
 * The records of requests as events that Perfetto and chrome://tracing show on a time line: the JSON array of Chrome's Trace
 * Event Format.
 *
 * - Each event is a line with a comma behind it, and nobody writes the `]`, which the format lets be missing. So any number of threads
 *   and processes can append to one file, and one that is killed leaves a file that can be read.
 * - A serving loop is a process of the trace (`pid`), and each of its connections a row (`tid`). A connection has one request at a time,
 *   so what happens within one lies in its row and nests. A row for each loop would not do: requests overlap there, in the event
 *   loop by their calls, and in the blocking engine while they wait for their turn.
 * - A call is written when it has ended, and a request with its phases when it has: nothing is kept until then.
 * - Times are whole microseconds of the monotonic clock, as in `Server-Timing`: what lies within something else still does when rounded.
 */
import type { Environment } from './calls.ts'
import type { Connection } from './http/connection.ts'
import { ascii, type Logged, notice, type Writing } from './log.ts'
import { phaseOf } from './trace.ts'

/** Who serves: a thread, or a process. */
export interface ServingLoop {
  /** A number that no other loop has which writes to the same file at the same time. */
  readonly id: number
  readonly name: string
}

/** How much of the lines to write at once: a regular file takes them whole and without mixing, if it is appended to (write(2), `O_APPEND`). */
const tracePieceBytes = 64 * 1024

const micros = (time: number): number => Math.round(time * 1000)

export class TraceEvents {
  readonly #loop: ServingLoop
  readonly #environment: Environment
  readonly #take: (line: string) => boolean
  /** Rows that have their names. */
  readonly #named = new Set<number>()
  #lost = 0

  /** @param take takes one line, without its line end, or has no room for it */
  constructor(loop: ServingLoop, environment: Environment, take: (line: string) => boolean) {
    this.#loop = loop
    this.#environment = environment
    this.#take = take
    const date = new Date(environment.date()).toISOString()
    this.#put('M', 0, `"name":"process_name","args":${ascii(JSON.stringify({ name: loop.name }))}`)
    this.#instant('start', { date })
  }

  /** @returns what is to be told of each call of a request on this connection */
  callsOf({ socket: { id } }: Connection): (name: string, from: number, to: number) => void {
    return (name, from, to) => this.#span(id, from, to, `"name":"${name}","cat":"${phaseOf(name)}"`)
  }

  /** A request that has ended. */
  request({ connection, head, status, bytes, trace, user }: Logged): void {
    const { id } = connection.socket
    if (!this.#named.has(id)) {
      this.#named.add(id)
      this.#put('M', id, `"name":"thread_name","args":{"name":"connection ${id}"}`)
    }
    const { ready, begun, headRead, answered, done } = trace
    const name = head.complete ? `${head.method} ${head.target}` : 'no request'
    const args = { remote: connection.ends.remote, user, number: connection.requests, status, bytes }
    this.#span(id, ready, done, ascii(`"name":${JSON.stringify(name)},"cat":"request","args":${JSON.stringify(args)}`))
    this.#phase(id, 'wait', ready, begun)
    this.#phase(id, 'head', begun, headRead)
    this.#phase(id, 'work', Number.isNaN(headRead) ? begun : headRead, answered)
    this.#phase(id, 'answer', answered, done)
  }

  /** A connection that was one too many. It has no row. */
  turnedAway({ ends }: Connection, status: number): void {
    this.#instant('turned away', { remote: ends.remote, status })
  }

  #phase(row: number, name: string, from: number, to: number): void {
    // A phase that there was not.
    if (Number.isNaN(from) || Number.isNaN(to)) return
    this.#span(row, from, to, `"name":"${name}","cat":"phase"`)
  }

  /** @param from, to milliseconds @param what further members of the JSON object */
  #span(row: number, from: number, to: number, what: string): void {
    const begun = micros(from)
    this.#put('X', row, `"ts":${begun},"dur":${micros(to) - begun},${what}`)
  }

  /** Something that concerns the loop and no row of it. */
  #instant(name: string, args: object): void {
    this.#put('i', 0, this.#mark(name, args))
  }

  #mark(name: string, args: object): string {
    return `"s":"p","ts":${micros(this.#environment.now())},"name":"${name}","args":${ascii(JSON.stringify(args))}`
  }

  #put(kind: 'X' | 'i' | 'M', row: number, what: string): void {
    if (this.#lost > 0 && this.#take(this.#line('i', 0, this.#mark('events lost', { count: this.#lost }))))
      this.#lost = 0
    if (this.#lost > 0 || !this.#take(this.#line(kind, row, what))) this.#lost += 1
  }

  #line(kind: 'X' | 'i' | 'M', row: number, what: string): string {
    return `{"ph":"${kind}","pid":${this.#loop.id},"tid":${row},${what}},`
  }
}

/** How a trace is written. @param tell takes the line in the log that says that it has to be given up */
export function traceWriting(tell: (line: string) => unknown): Writing {
  return { piece: tracePieceBytes, failed: ({ code }) => void tell(traceGivenUp(code)) }
}

/** The line in the log when the file takes no more. @param reason the errno name, such as `ENOSPC` */
export function traceGivenUp(reason: string | undefined): string {
  return notice(`The trace cannot be written (${reason}), and is given up. Requests are served as before.`)
}
