/** The bytes of each request, made before the run as far as they can be, and the bytes that each answer should have. */
import fs from 'node:fs'
import type { Target } from './order.ts'

interface Prepared {
  readonly method: string
  readonly status: number
  /** The whole request, where it is always the same. */
  readonly fixed: readonly Buffer[] | undefined
  readonly beforeNumber: string
  readonly afterNumber: string
  readonly body: Buffer | undefined
  readonly expected: Buffer | undefined
  /** Bytes that the answer's body had the first time, where its content is not known. */
  length: number | undefined
}

export class Requests {
  private readonly targets: readonly Prepared[]

  /** @param connection the value of the `Connection` field, if it is to be sent */
  constructor(targets: readonly Target[], authority: string, connection: string | undefined) {
    this.targets = targets.map((target) => prepare(target, authority, connection))
  }

  methodOf(target: number): string {
    return this.of(target).method
  }

  expectedOf(target: number): Buffer | undefined {
    return this.of(target).expected
  }

  /** What to send, in order. @param number of the request */
  bytesOf(target: number, number: string): readonly Buffer[] {
    const { fixed, beforeNumber, afterNumber, body } = this.of(target)
    if (fixed !== undefined) return fixed
    const head = Buffer.from(`${beforeNumber}${number}${afterNumber}`, 'latin1')
    return body === undefined ? [head] : [head, body]
  }

  /** Whether an answer is of the right kind, and as long as those before. */
  statusIsRight(target: number, status: number): boolean {
    return this.of(target).status === status
  }

  lengthIsRight(target: number, bytes: number): boolean {
    const prepared = this.of(target)
    // An answer about a name may tell the name, and numbers are not all as long.
    if (prepared.expected !== undefined || prepared.fixed === undefined) return true
    prepared.length ??= bytes
    return prepared.length === bytes
  }

  private of(target: number): Prepared {
    return this.targets[target] as Prepared
  }
}

function prepare(target: Target, authority: string, connection: string | undefined): Prepared {
  const { method, path, fields = [], bodyBytes, status, expected } = target
  const lines = [`Host: ${authority}`, ...fields]
  if (bodyBytes !== undefined) lines.push(`Content-Length: ${bodyBytes}`)
  if (connection !== undefined) lines.push(`Connection: ${connection}`)
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  const [beforeNumber = '', afterNumber] = head.split('{n}')
  const body = bodyBytes === undefined ? undefined : Buffer.alloc(bodyBytes, 'x')
  // Together where it is small: one call sends it.
  const whole = () => (body === undefined || body.length > 64 * 1024 ? [Buffer.from(head, 'latin1')] : [])
  const fixed = () =>
    body === undefined
      ? whole()
      : [...whole(), body.length > 64 * 1024 ? body : Buffer.concat([Buffer.from(head), body])]
  return {
    method,
    status,
    fixed: afterNumber === undefined ? fixed() : undefined,
    beforeNumber,
    afterNumber: afterNumber ?? '',
    body,
    expected: expected === undefined ? undefined : fs.readFileSync(expected),
    length: undefined,
  }
}
