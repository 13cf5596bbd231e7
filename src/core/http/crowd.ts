/**
 * The connections that are open, in all and by the address of the peer, and what one too many is told.
 *
 * - An IPv6 address counts by its first 64 bits, which is what one customer is given (RFC 6177): whoever has one of these
 *   addresses has all of them.
 * - Connections of a Unix socket have no address, and count only in all.
 * - Whoever is too many is answered at once, before anything is read: 503, and when to come again.
 */
import { Refusal } from '../errors.ts'
import { logRequest } from '../log.ts'
import type { Site } from '../site.ts'
import { newTrace } from '../trace.ts'
import { refuse } from './answers.ts'
import type { Connection } from './connection.ts'
import { httpDate } from './dates.ts'
import { lengthOf, reasonPhrases } from './response.ts'

/** Eight groups of an address, of which `::` leaves some out, and of which the last two may be written as IPv4 (RFC 4291, section 2.2). */
function groupsOf(address: string): string[] {
  const [left = '', right] = address.split('::')
  const split = (text: string) => (text === '' ? [] : text.split(':'))
  const [front, back] = [split(left), split(right ?? '')]
  const written = front.length + back.length + (address.includes('.') ? 1 : 0)
  return [...front, ...Array<string>(Math.max(0, 8 - written)).fill('0'), ...back]
}

/** What an address counts as. @param remote as the engines write it: IPv4, or IPv6 with or without a zone */
export function originOf(remote: string): string {
  if (!remote.includes(':')) return remote
  // A listener at :: has clients of both families, and writes those of IPv4 in its own way (RFC 4291, section 2.5.5.2).
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remote)?.[1]
  if (mapped !== undefined) return mapped
  const address = remote.replace(/%.*$/, '')
  return groupsOf(address)
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** The most connections that were turned away and may still be reading why. */
const mostTurnedAway = 256

/** The connections of one engine. */
export class Crowd {
  /** Connections that are open. */
  size = 0
  readonly #most: number
  readonly #mostEach: number
  readonly #from = new Map<string, number>()

  constructor({ connections, connectionsPerAddress }: { connections: number; connectionsPerAddress: number }) {
    this.#most = connections
    this.#mostEach = connectionsPerAddress
  }

  /** How many may be waited for that were turned away: each holds a descriptor, too. Beyond these, one is closed as soon as it is told. */
  get mostTurnedAway(): number {
    return Math.min(mostTurnedAway, Math.ceil(this.#most / 4))
  }

  /** Count a connection. @returns false when it is one too many, and is not counted */
  enter(remote: string): boolean {
    if (this.size >= this.#most) return false
    if (remote !== '-') {
      const origin = originOf(remote)
      const others = this.#from.get(origin) ?? 0
      if (others >= this.#mostEach) return false
      this.#from.set(origin, others + 1)
    }
    this.size += 1
    return true
  }

  /** A connection that was counted has ended. */
  leave(remote: string): void {
    this.size -= 1
    if (remote === '-') return
    const origin = originOf(remote)
    const others = (this.#from.get(origin) as number) - 1
    if (others === 0) this.#from.delete(origin)
    else this.#from.set(origin, others)
  }
}

/** There is no request to tell of. */
const nothing = { complete: false, method: '', target: '', protocol: '', field: () => undefined }

/** All of the answer to a connection that is one too many, after which it is closed. Notes it in the log and the trace. */
export function turnedAway(connection: Connection, site: Site): Uint8Array {
  const { environment } = site
  const { status, headers, parts = [] } = refuse('text', new Refusal('overloaded'))
  const length = lengthOf(parts)
  const head =
    `HTTP/1.1 ${status} ${reasonPhrases[status]}\r\nDate: ${httpDate(environment.date())}\r\nServer: twinserve\r\n` +
    `${headers}Content-Length: ${length}\r\nConnection: close\r\n\r\n`
  const now = environment.now()
  const trace = Object.assign(newTrace(now, now), { answered: now, done: now })
  logRequest(site, { connection, head: nothing, status, bytes: length, trace })
  site.events?.turnedAway(connection, status)
  return Buffer.concat([Buffer.from(head, 'latin1'), ...(parts as Uint8Array[])])
}
