/** Bytes on their way to the client. */
import fc from 'fast-check'
import t from 'tap'
import { bufferSize } from '../../../src/core/buffers.ts'
import { Connection } from '../../../src/core/http/connection.ts'
import { Output } from '../../../src/core/http/output.ts'
import type { Program } from '../../../src/core/program.ts'
import { siteWith } from '../../fixtures/request.ts'
import { drive, Peer, ScriptedEnvironment } from '../../fixtures/script.ts'

interface Sent {
  readonly text: string
  /** Sizes of what was handed over at a time. */
  readonly sizes: readonly number[]
  readonly content: number
}

/** What goes out when a program writes. */
function sent(write: (out: Output) => Program<void>): Sent {
  const environment = new ScriptedEnvironment()
  const peer = new Peer(environment, [])
  const out = new Output(new Connection(peer.socket, { remote: '-', secure: false }), siteWith({ environment }))
  drive(write(out), {
    send: (...args) => peer.send(...args),
    sendfile: (_socket, ...args) => peer.sendfile(read, ...args),
    read,
  })
  out.release()
  return { text: peer.text, sizes: peer.sent.map((bytes) => bytes.length), content: out.sent }
}

/** A file of so many bytes, each its position modulo 251. */
const fileSize = 500_000
const file = Buffer.from(Array.from({ length: fileSize }, (_, i) => i % 251))
function read(_fd: number, into: Uint8Array, position: number): number {
  return file.copy(into, 0, position, Math.min(position + 20_000, position + into.length))
}
const bytesOf = (offset: number, length: number) => file.toString('latin1', offset, offset + length)

t.test('a small answer is one send', async (t) => {
  const { text, sizes, content } = sent(function* (out) {
    out.head('head\r\n\r\n')
    yield* out.parts([Buffer.from('one'), { file: 9, offset: 3, length: 5 }, Buffer.from('two')])
    yield* out.end()
  })
  t.equal(text, `head\r\n\r\none${bytesOf(3, 5)}two`)
  t.equal(sizes.length, 1)
  t.equal(content, 11, 'content is counted without the header section')
})

t.test('a header section takes the place of one that was not sent', async (t) => {
  const { text, content } = sent(function* (out) {
    out.head('first')
    yield* out.bytes(Buffer.from('content'))
    out.head('second')
    yield* out.end()
  })
  t.equal(text, 'second')
  t.equal(content, 0)
})

t.test('nothing to send is no send', async (t) => {
  t.strictSame(sent((out) => out.end()).sizes, [])
})

t.test('large pieces go out as they are, at most a piece at a time', async (t) => {
  const large = Buffer.alloc(600_000, 'x')
  const { text, sizes, content } = sent(function* (out) {
    out.head('h')
    yield* out.bytes(large)
    yield* out.end()
  })
  t.equal(text, `h${'x'.repeat(600_000)}`)
  t.strictSame(sizes, [bufferSize, 262_144, 262_144, 600_001 - bufferSize - 2 * 262_144])
  t.equal(content, 600_000)
})

/** Parts of a file: what is gathered behind the header section, and what is left to sendfile. */
const parts: readonly (readonly [length: number, sizes: readonly number[]])[] = [
  [0, [4]],
  [1, [5]],
  [65_536, [65_540]],
  [65_537, [4, 65_537]],
  [400_000, [4, 400_000]],
]
t.test('small parts of files are gathered, others are sent by the kernel', async (t) => {
  for (const [length, sizes] of parts) {
    const out = sent(function* (out) {
      out.head('head')
      yield* out.parts([{ file: 9, offset: 7, length }])
      yield* out.end()
    })
    t.equal(out.text, `head${bytesOf(7, length)}`, `${length} bytes`)
    t.strictSame(out.sizes, sizes)
    t.equal(out.content, length)
  }
})

t.test('a small part that does not fit any more', async (t) => {
  const { text, sizes } = sent(function* (out) {
    out.head('x'.repeat(10_000))
    yield* out.parts([{ file: 9, offset: 0, length: 60_000 }])
    yield* out.end()
  })
  t.equal(text, `${'x'.repeat(10_000)}${bytesOf(0, 60_000)}`)
  t.strictSame(sizes, [10_000, 60_000])
})

t.test('a file that ends early', async (t) => {
  for (const length of [100, 100_000]) {
    const write = (out: Output) => out.parts([{ file: 9, offset: fileSize - 50, length }])
    t.throws(() => sent(write), { code: 'changed', status: 409 })
  }
})

/** RFC 9112, section 7.1: what a chunked answer says, and in what chunks. */
function chunked(texts: readonly string[]): Sent {
  return sent(function* (out) {
    out.head('H')
    yield* out.startChunks()
    for (const text of texts) yield* out.text(text)
    yield* out.end()
  })
}

t.test('chunks', async (t) => {
  t.equal(chunked([]).text, 'H0\r\n\r\n')
  t.equal(chunked(['', 'ab', 'c']).text, 'H3\r\nabc\r\n0\r\n\r\n')
  t.equal(chunked(['ü']).text, 'H2\r\n\xc3\xbc\r\n0\r\n\r\n')
  const room = bufferSize - 10
  const full = chunked(['x'.repeat(room)])
  t.equal(full.text, `H${room.toString(16)}\r\n${'x'.repeat(room)}\r\n0\r\n\r\n`)
  t.equal(full.content, room)
  t.strictSame(
    chunked(['x'.repeat(room + 1)]).sizes.slice(1, 3),
    [room + 9, 6],
    'a full chunk, and one for the last byte',
  )
})

t.test('any texts, in any pieces, come out as they went in', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc
      .tuple(fc.constantFrom('x', 'ü', '☃', '𝄞'), fc.integer({ min: 20_000, max: 80_000 }))
      .map(([c, n]) => c.repeat(n)),
  )
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      const wanted = Buffer.from(texts.join('')).toString('latin1')
      const { text, content } = chunked(texts)
      let rest = text.slice(1)
      let found = ''
      for (;;) {
        const size = Number.parseInt(rest, 16)
        const start = rest.indexOf('\r\n') + 2
        found += rest.slice(start, start + size)
        rest = rest.slice(start + size + 2)
        if (size === 0) break
      }
      const plain = sent(function* (out) {
        for (const each of texts) yield* out.text(each)
        yield* out.end()
      })
      return rest === '' && found === wanted && content === wanted.length && plain.text === wanted
    }),
    { numRuns: 60 },
  )
  t.pass()
})
