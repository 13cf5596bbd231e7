/** Frames from a client, whole, byte by byte and cut at random; and the same from and to the package `ws`. */
import fc from 'fast-check'
import t from 'tap'
import * as ws from 'ws'
import { defaultLimits } from '../../../src/core/limits.ts'
import { Violation } from '../../../src/core/websocket/closing.ts'
import { type Frame, FrameReader } from '../../../src/core/websocket/reader.ts'
import { close, type FrameOptions, fragments, frame, ping, pong, text } from '../../fixtures/frames.ts'

const limits = { ...defaultLimits, messageBytes: 1000, messageFragments: 8 }

function say(found: Frame): string {
  if (found.kind === 'message') return `message ${found.text}`
  if (found.kind === 'close') return `close ${found.code}`
  return found.kind === 'part' ? 'part' : `${found.kind} ${Buffer.from(found.payload)}`
}

/** All that is found in pieces that come one by one, each in memory that is used again; and the code it ends with. */
function read(pieces: readonly Uint8Array[], reader = new FrameReader(limits)): string[] {
  const found: string[] = []
  try {
    for (const piece of pieces) {
      const window = Buffer.from(piece)
      let rest: Uint8Array = window
      while (rest.length > 0) {
        const { used, frame } = reader.feed(rest)
        rest = rest.subarray(used)
        if (frame !== undefined) found.push(say(frame))
        else if (rest.length > 0) throw new Error('it stopped before the end')
      }
      window.fill(0xee)
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    if (Buffer.byteLength(error.message) > 123) throw new Error('the reason is too long for a frame')
    found.push(`! ${error.code}`)
  }
  return found
}

const bytewise = (bytes: Uint8Array) => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))

function cutAt(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((place, i) => bytes.subarray(i === 0 ? 0 : places[i - 1], place))
}

const euro = Buffer.from('€')
const invalid = Buffer.from([0xff])
const binary = (options?: FrameOptions) => frame(2, 'x', options)

const table: readonly (readonly [what: string, bytes: Buffer, found: readonly string[]])[] = [
  ['a message', text('hello'), ['message hello']],
  ['an empty message', text(''), ['message ']],
  ['two messages', Buffer.concat([text('a'), text('b')]), ['message a', 'message b']],
  ['a key of zeros', text('hello', { key: [0, 0, 0, 0] }), ['message hello']],
  ['125 bytes', text('x'.repeat(125)), [`message ${'x'.repeat(125)}`]],
  ['126 bytes', text('x'.repeat(126)), [`message ${'x'.repeat(126)}`]],
  ['as many as allowed', text('x'.repeat(1000)), [`message ${'x'.repeat(1000)}`]],
  ['three fragments', fragments('a', 'b', 'c'), ['part', 'part', 'message abc']],
  ['empty fragments', fragments('', '', ''), ['part', 'part', 'message ']],
  ['a character cut in two', fragments(euro.subarray(0, 1), euro.subarray(1)), ['part', 'message €']],
  ['as many fragments as allowed', fragments(...'abcdefgh'), [...Array(7).fill('part'), 'message abcdefgh']],
  [
    'control frames between fragments',
    Buffer.concat([text('a', { fin: false }), ping('p'), pong(''), frame(0, 'b')]),
    ['part', 'ping p', 'pong ', 'message ab'],
  ],
  ['a ping of 125 bytes', ping('x'.repeat(125)), [`ping ${'x'.repeat(125)}`]],
  ['a close', close(), ['close undefined']],
  ['a close with a code', close(1000), ['close 1000']],
  ['a close with a reason', close(4321, 'bye €'), ['close 4321']],
  ['a message behind another that is bad', Buffer.concat([text('a'), text(invalid)]), ['message a', '! 1007']],
  ['not masked', text('a', { key: undefined }), ['! 1002']],
  ['a ping that is not masked', frame(9, '', { key: undefined }), ['! 1002']],
  ...[1, 2, 4, 7].map((reserved) => [`reserved bits ${reserved}`, text('a', { reserved }), ['! 1002']] as const),
  ...[3, 4, 5, 6, 7, 11, 12, 15].map((opcode) => [`opcode ${opcode}`, frame(opcode, 'a'), ['! 1002']] as const),
  ['binary', binary(), ['! 1003']],
  ['binary in fragments', binary({ fin: false }), ['! 1003']],
  ['a fragmented ping', frame(9, 'a', { fin: false }), ['! 1002']],
  ['a fragmented close', frame(8, '', { fin: false }), ['! 1002']],
  ['a ping of 126 bytes', ping('x'.repeat(126)), ['! 1002']],
  ['a close of 126 bytes', close(1000, 'x'.repeat(124)), ['! 1002']],
  ['a continuation of nothing', frame(0, 'a'), ['! 1002']],
  ['a continuation behind the end', Buffer.concat([text('a'), frame(0, 'b')]), ['message a', '! 1002']],
  ['a message within another', Buffer.concat([text('a', { fin: false }), text('b')]), ['part', '! 1002']],
  ['a length in 16 bits that fits in 7', text('x', { form: 16 }), ['! 1002']],
  ['a length in 64 bits that fits in 16', text('x'.repeat(126), { form: 64 }), ['! 1002']],
  ['a length with its first bit', text('', { form: 64, length: 1n << 63n }), ['! 1002']],
  ['a byte too many', text('x'.repeat(1001)), ['! 1009']],
  ['a byte too many, with the last fragment', fragments('x'.repeat(999), 'xx'), ['part', '! 1009']],
  ['a message of 2^63 bytes less one', text('', { form: 64, length: (1n << 63n) - 1n }), ['! 1009']],
  ['a fragment too many', fragments(...'abcdefghi'), [...Array(8).fill('part'), '! 1008']],
  ['text that is not UTF-8', text(invalid), ['! 1007']],
  ['half a character', text(euro.subarray(0, 2)), ['! 1007']],
  ['a surrogate', text(Buffer.from([0xed, 0xa0, 0x80])), ['! 1007']],
  ['a close of one byte', frame(8, 'x'), ['! 1002']],
  ['a reason that is not UTF-8', close(1000, invalid), ['! 1007']],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map(
    (code) => [`close ${code}`, close(code), ['! 1002']] as const,
  ),
  ...[1001, 1003, 1007, 1014, 3000, 4999].map((code) => [`close ${code}`, close(code), [`close ${code}`]] as const),
]

for (const [what, bytes, found] of table) {
  t.test(what, async (t) => {
    t.strictSame(read([bytes]), found)
    t.strictSame(read(bytewise(bytes)), found, 'byte by byte')
    const property = fc.property(fc.array(fc.nat(), { maxLength: 5 }), (at) => {
      return JSON.stringify(read(cutAt(bytes, at))) === JSON.stringify(found)
    })
    t.equal(fc.check(property, { numRuns: 20 }).counterexample, null, 'cut at random')
  })
}

t.test('it says whether a message is in progress', async (t) => {
  const reader = new FrameReader(limits)
  t.notOk(reader.midway)
  read([text('a', { fin: false })], reader)
  t.ok(reader.midway)
  read([ping()], reader)
  t.ok(reader.midway)
  read([frame(0, 'b')], reader)
  t.notOk(reader.midway)
  t.strictSame(read([fragments(...'abcdefgh')], reader).at(-1), 'message abcdefgh', 'its bounds are for one message')
  t.strictSame(read([text('x'.repeat(1000))], reader).length, 1)
})

t.test('no memory is taken for what is only announced and refused', async (t) => {
  t.strictSame(read([text('', { length: 1n << 40n })]), ['! 1009'])
})

/** What `ws` makes of the same bytes. Not typed: it is no part of what the package promises. */
interface Receiver {
  on(event: 'message' | 'ping' | 'pong' | 'conclude', listener: (data: never) => void): void
  _write(chunk: Buffer, encoding: string, done: (error?: Error) => void): void
}
interface Internals {
  readonly Receiver: new (options: object) => Receiver
  readonly Sender: { frame(data: Buffer, options: object): Buffer[] }
}
const { Receiver, Sender } = ws as unknown as Internals

function readByPeer(bytes: Buffer): string[] {
  const found: string[] = []
  const receiver = new Receiver({ isServer: true, maxPayload: 1000, maxFragments: 8 })
  receiver.on('message', (data: never) => void found.push(`message ${data}`))
  receiver.on('ping', (data: never) => void found.push(`ping ${data}`))
  receiver.on('pong', (data: never) => void found.push(`pong ${data}`))
  receiver.on('conclude', (code: never) => void found.push(`close ${code === 1005 ? undefined : code}`))
  let failed = false
  // In place: it unmasks what it is given.
  receiver._write(Buffer.from(bytes), 'buffer', (error) => {
    failed = error !== undefined && error !== null
    const status = Object.getOwnPropertySymbols(error ?? {}).map((key) => (error as never)[key])
    if (failed) found.push(`! ${status[0]}`)
  })
  return found
}

const pieces = fc.oneof(
  fc.string({ maxLength: 300 }).map((value) => Buffer.from(value)),
  fc.uint8Array({ maxLength: 8 }).map((value) => Buffer.from(value)),
  fc.constant(Buffer.alloc(600, 'y')),
)
const frames = fc.record({
  opcode: fc.constantFrom(0, 1, 1, 1, 8, 9, 10, 3, 11),
  fin: fc.constantFrom(true, true, false),
  rsv1: fc.constantFrom(false, false, false, false, true),
  mask: fc.constantFrom(true, true, true, true, false),
  data: pieces,
})

t.test('the package ws finds the same in the same bytes', async (t) => {
  const seen = new Set<string>()
  const property = fc.property(fc.array(frames, { minLength: 1, maxLength: 6 }), (list) => {
    const bytes = Buffer.concat(list.flatMap(({ data, ...options }) => Sender.frame(Buffer.from(data), options)))
    const theirs = readByPeer(bytes)
    // It stops reading behind a close, as a session does.
    const all = read([bytes]).filter((each) => each !== 'part')
    const end = all.findIndex((each) => each.startsWith('close'))
    const ours = end < 0 ? all : all.slice(0, end + 1)
    for (const each of theirs)
      seen.add(
        each
          .split(' ')
          .slice(0, each.startsWith('!') ? 2 : 1)
          .join(' '),
      )
    return JSON.stringify(ours) === JSON.stringify(theirs)
  })
  const { counterexample } = fc.check(property, { numRuns: 2000, seed: 7 })
  t.equal(counterexample, null, JSON.stringify(counterexample))
  t.strictSame(
    [...seen].sort(),
    ['! 1002', '! 1007', '! 1009', 'close', 'message', 'ping', 'pong'],
    'all of it came up',
  )
})
