/**
 * The request log: one line for each request.
 *
 * What clients send is never written as it came: quotes, backslashes and control characters are escaped, so that
 * no request can make a line, end a field, or speak to the terminal that shows the log.
 */
import type { Connection } from './http/connection.ts'
import { logDate } from './http/dates.ts'
import type { Site } from './site.ts'
import type { Trace } from './trace.ts'

/** What was asked: a request, by its header section, or a call in a session. */
export interface Asked {
  /** Whether it could be read. */
  readonly complete: boolean
  readonly method: string
  readonly target: string
  /** `HTTP/1.1`, or what else was spoken. */
  readonly protocol: string
  /** @param name in lower case */
  field(name: string): string | undefined
}

/** What is known of a request when it has been answered. */
export interface Logged {
  readonly connection: Connection
  readonly head: Asked
  /** Who had logged in. */
  readonly user?: string | undefined
  /** 0 when the connection ended before there was an answer. */
  readonly status: number
  /** Bytes of content that were sent. */
  readonly bytes: number
  readonly trace: Trace
}

/** How a file is written to that is not a log of requests. */
export interface Writing {
  /** What the file takes whole, in bytes. */
  readonly piece: number
  /** Is called once, when the file cannot be written: it is then given up, so that no half line stands before others. */
  readonly failed: (error: { readonly code?: string | undefined }) => void
}

/** A UTF-16 unit in hexadecimal. */
function hexadecimal(character: string, digits: 2 | 4): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0')
}

/** As Apache's log has it: `\"`, `\\`, and `\xhh` for what is not printable; `\uhhhh` for what is no byte. */
function quoted(text: string): string {
  return text.replace(/["\\]|[^\x20-\x7e]/g, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    return character > '\xff' ? `\\u${hexadecimal(character, 4)}` : `\\x${hexadecimal(character, 2)}`
  })
}

function requestLine(head: Asked): string {
  return head.complete ? quoted(`${head.method} ${head.target} ${head.protocol}`) : '-'
}

function common(site: Site, { connection, head, status, bytes, user }: Logged): string {
  const when = logDate(site.environment.date())
  return `${connection.ends.remote} - ${quoted(user ?? '-')} [${when}] "${requestLine(head)}" ${status} ${bytes}`
}

function combined(site: Site, logged: Logged): string {
  const field = (name: string) => quoted(logged.head.field(name) ?? '-')
  return `${common(site, logged)} "${field('referer')}" "${field('user-agent')}"`
}

/** JSON leaves DEL and the C1 controls as they are, and a terminal may obey them. */
export function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (character) => `\\u${hexadecimal(character, 4)}`)
}

/** Milliseconds to the microsecond: what happened, phase by phase. */
function json(site: Site, { connection, head, status, bytes, trace, user }: Logged): string {
  const ms = (value: number) => (Number.isNaN(value) ? undefined : Math.round(value * 1000) / 1000)
  const line = JSON.stringify({
    time: new Date(site.environment.date()).toISOString(),
    remote: connection.ends.remote,
    user,
    method: head.complete ? head.method : undefined,
    target: head.complete ? head.target : undefined,
    status,
    bytes,
    referer: head.field('referer'),
    agent: head.field('user-agent'),
    wait: ms(trace.begun - trace.ready),
    head: ms(trace.headRead - trace.begun),
    receiving: ms(trace.receiving),
    files: ms(trace.files),
    fileCalls: trace.fileCalls,
    sending: ms(trace.sending),
    total: ms(trace.done - trace.ready),
  })
  return ascii(line)
}

/** Write a request's line, if the site keeps a log. */
export function logRequest(site: Site, logged: Logged): void {
  const { logFormat } = site
  if (logFormat === 'off') return
  const line = logFormat === 'json' ? json : logFormat === 'combined' ? combined : common
  site.log(line(site, logged))
}

/** What a pipe takes whole, however many write to it (pipe(7), `PIPE_BUF` of Linux). */
const pipeBytes = 4096
const lineEnd = 10

/**
 * How much of some lines to write at once, so that the lines of several threads or processes that write to one log do not
 * mix: whole ones, as many as a pipe takes whole; or one that is longer.
 *
 * @param bytes lines, or the rest of one and more lines; not empty
 * @param most what is written whole
 */
export function pieceOf(bytes: Uint8Array, most = pipeBytes): number {
  if (bytes.length <= most) return bytes.length
  const last = bytes.lastIndexOf(lineEnd, most - 1)
  return last < 0 ? bytes.indexOf(lineEnd, most) + 1 : last + 1
}

/** A line that is not about a request: about the server itself. It goes to the log whatever its format is. */
export function notice(text: string): string {
  return `twinserve: ${quoted(text.replace(/\s*\n\s*/g, ' | '))}`
}

/** Note a mistake of the program itself. */
export function logMistake(site: Site, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  site.log(notice(`mistake: ${text}`))
}
