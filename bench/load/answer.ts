/**
 * Reading one answer of HTTP/1.1 (RFC 9112), and holding its bytes against those that should come.
 *
 * As little as it takes: what this costs would be counted as the server's. It is no parser for the open internet, and knows
 * what it asked for: no interim answers, no trailers.
 */

/** How the end of a body is known. */
type Framing = 'length' | 'chunked' | 'close'

/** What to say of bytes that are no answer. */
export class Malformed extends Error {}

/** No header section of a file server is as long as this. */
const longestHead = 64 * 1024

export class Answer {
  status = 0
  /** Bytes of the body so far. */
  bytes = 0
  /** Whether the body has been what was expected so far. */
  right = true
  /** Whether the connection can be used again. */
  keep = true
  /** The value of `Server-Timing`, where it is kept. */
  timing = ''
  private head: Buffer | undefined
  private framing: Framing | undefined
  /** Of the body, or of the chunk. */
  private left = 0
  /** What has come of a chunk's size line, or of the line end behind a chunk; undefined within a chunk. */
  private line: string | undefined
  private readonly bodiless: boolean
  private readonly expected: Buffer | undefined
  private readonly timed: boolean

  /** @param expected the bytes of the body, where they are known @param timed whether to keep `Server-Timing` */
  constructor(method: string, expected: Buffer | undefined, timed = false) {
    this.bodiless = method === 'HEAD'
    this.expected = expected
    this.timed = timed
  }

  /** Whether anything has come. */
  get begun(): boolean {
    return this.framing !== undefined || this.head !== undefined
  }

  /**
   * Read on.
   *
   * @param input only good during the call
   * @returns whether that was the last of it
   * @throws Malformed
   */
  read(input: Buffer): boolean {
    if (this.framing !== undefined) return this.readBody(input)
    const bytes = this.head === undefined ? input : Buffer.concat([this.head, input])
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) {
      if (bytes.length > longestHead) throw new Malformed('no end of the header section')
      this.head = Buffer.from(bytes)
      return false
    }
    this.begin(bytes.toString('latin1', 0, end + 2))
    return this.readBody(bytes.subarray(end + 4))
  }

  /** The connection was closed. @returns whether that is the end of the answer */
  end(): boolean {
    return this.framing === 'close' && this.complete()
  }

  private begin(head: string): void {
    if (!head.startsWith('HTTP/1.1 ')) throw new Malformed(head.slice(0, 40))
    this.status = Number(head.slice(9, 12))
    this.keep = !/\r\nconnection: *close\r\n/i.test(head)
    if (this.timed) this.timing = /\r\nserver-timing: *([^\r]*)/i.exec(head)?.[1] ?? ''
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1]
    if (this.bodiless || this.status === 204 || this.status === 304) this.framing = 'length'
    else if (length !== undefined) {
      this.framing = 'length'
      this.left = Number(length)
    } else if (/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) {
      this.framing = 'chunked'
      this.line = ''
    } else this.framing = 'close'
  }

  private readBody(input: Buffer): boolean {
    if (this.framing === 'chunked') return this.readChunks(input)
    if (this.framing === 'close') {
      this.check(input)
      return false
    }
    if (input.length > this.left) throw new Malformed('more bytes than Content-Length says')
    this.left -= input.length
    this.check(input)
    return this.left === 0 && this.complete()
  }

  private readChunks(input: Buffer): boolean {
    let at = 0
    while (at < input.length) {
      if (this.line === undefined) {
        const to = Math.min(input.length, at + this.left)
        this.check(input.subarray(at, to))
        this.left -= to - at
        at = to
        // The line end behind the chunk comes before the next size.
        if (this.left === 0) this.line = '-'
        continue
      }
      this.line += String.fromCharCode(input[at] as number)
      at += 1
      if (!this.line.endsWith('\r\n')) continue
      if (this.line === '-\r\n') this.line = ''
      else if (this.line === '0\r\n') this.line = '.'
      else if (this.line === '.\r\n') return this.complete()
      else {
        this.left = Number.parseInt(this.line, 16)
        if (!(this.left > 0)) throw new Malformed(`a chunk of ${JSON.stringify(this.line)}`)
        this.line = undefined
      }
    }
    return false
  }

  private check(piece: Buffer): void {
    const from = this.bytes
    this.bytes += piece.length
    const { expected } = this
    if (expected === undefined || piece.length === 0 || !this.right) return
    this.right = this.bytes <= expected.length && expected.compare(piece, 0, piece.length, from, this.bytes) === 0
  }

  private complete(): true {
    if (this.expected !== undefined && this.bytes !== this.expected.length && !this.bodiless) this.right = false
    return true
  }
}
