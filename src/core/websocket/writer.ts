/**
 * Frames to a client (RFC 6455, section 5): never masked, never fragmented.
 */

/** Section 11.8. */
export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const

const last = 0x80

/** A frame with room for a payload. @returns the frame, and where its payload begins */
function frameFor(opcode: number, length: number): [frame: Buffer, at: number] {
  const at = length > 0xffff ? 10 : length > 125 ? 4 : 2
  const frame = Buffer.allocUnsafe(at + length)
  frame[0] = last | opcode
  if (at === 2) frame[1] = length
  else if (at === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  return [frame, at]
}

/** A whole text message. */
export function textFrame(text: string): Buffer {
  const [frame, at] = frameFor(opcodes.text, Buffer.byteLength(text))
  frame.write(text, at)
  return frame
}

export const pingFrame: Uint8Array = frameFor(opcodes.ping, 0)[0]

/** The answer to a ping has its payload (section 5.5.3). */
export function pongFrame(payload: Uint8Array): Buffer {
  const [frame, at] = frameFor(opcodes.pong, payload.length)
  frame.set(payload, at)
  return frame
}

/** @param code undefined to give none @param reason at most 123 bytes of UTF-8 */
export function closeFrame(code: number | undefined, reason = ''): Buffer {
  const [frame, at] = frameFor(opcodes.close, code === undefined ? 0 : 2 + Buffer.byteLength(reason))
  if (code === undefined) return frame
  frame.writeUInt16BE(code, at)
  frame.write(reason, at + 2)
  return frame
}
