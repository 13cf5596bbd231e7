/**
 * Sending the body of a request.
 *
 * Pieces are sent one after the other, and the next is asked for while one is on its way. So there are never more than two,
 * and whoever makes them may use two buffers in turn: a new one for each would be given to us by the kernel page by page,
 * filled with zeros, which takes as long as sending it.
 */
import type { ClientRequest } from 'node:http'

/** Bytes, or pieces of them: each must stay as it is until the next but one is asked for. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>

/**
 * Send all of it, and end the request.
 *
 * @param stop the rest is not wanted any more. The request is then left as it is
 * @throws what the body or the connection fails with
 */
export async function sendBody(outgoing: ClientRequest, body: Body, stop: AbortSignal): Promise<void> {
  if (body instanceof Uint8Array) {
    outgoing.end(body)
    return
  }
  let sent: Promise<void> | undefined
  for await (const piece of body) {
    await sent
    if (outgoing.destroyed || stop.aborted) return
    if (piece.length === 0) continue
    sent = send(outgoing, piece)
    // It is waited for above, perhaps too late for Node's taste.
    sent.catch(() => {})
  }
  await sent
  outgoing.end()
}

/** Resolves when the kernel has it. */
function send(outgoing: ClientRequest, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    outgoing.write(piece, (error) => (error ? reject(error) : resolve()))
  })
}
