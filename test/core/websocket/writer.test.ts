/** Frames to a client, as a client finds them. */
import t from 'tap'
import { closeFrame, pingFrame, pongFrame, textFrame } from '../../../src/core/websocket/writer.ts'
import { framesIn, told } from '../../fixtures/frames.ts'

t.test('text of every length', async (t) => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
    const frame = textFrame('x'.repeat(length))
    t.equal(frame.length, length + (length > 65_535 ? 10 : length > 125 ? 4 : 2), `${length}`)
    t.strictSame(framesIn(frame).map(told), ['x'.repeat(length)])
  }
  t.strictSame(framesIn(textFrame('€'.repeat(100))).map(told), ['€'.repeat(100)], 'its length is in bytes')
})

t.test('control frames', async (t) => {
  t.strictSame(framesIn(Buffer.from(pingFrame)).map(told), ['ping'])
  t.strictSame(framesIn(pongFrame(Buffer.from('abc'))).map(told), ['pong abc'])
  t.strictSame(framesIn(pongFrame(Buffer.alloc(0))).map(told), ['pong'])
  t.strictSame(framesIn(closeFrame(undefined)).map(told), ['close'])
  t.strictSame(framesIn(closeFrame(1001)).map(told), ['close 1001'])
  t.strictSame(framesIn(closeFrame(1002, 'no €')).map(told), ['close 1002 no €'])
})
