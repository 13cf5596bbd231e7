/** Bodies that come in pieces: two buffers used in turn are enough, and what is not wanted is not asked for. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { endpointOf } from '../../src/client/endpoint.ts'
import { Http } from '../../src/client/http.ts'
import { failureOf } from '../fixtures/clients.ts'

const pieceSize = 1024 * 1024
const pieces = 24

async function listening(server: Server): Promise<Http> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return new Http(endpointOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), 1, 10_000)
}

/** Each piece has bytes of its own, in one of two buffers. */
async function* alternating(asked: number[] = []): AsyncGenerator<Uint8Array, void> {
  const buffers = [Buffer.alloc(pieceSize), Buffer.alloc(pieceSize)]
  for (let number = 0; number < pieces; number += 1) {
    asked.push(number)
    yield (buffers[number % 2] as Buffer).fill(number)
  }
}

/** Reads slowly, so that what is sent has to wait. @returns the place of the first byte that is another than was given, or -1 */
async function firstWrong(request: IncomingMessage): Promise<number> {
  let at = 0
  for await (const bytes of request as AsyncIterable<Buffer>) {
    for (const byte of bytes) if (byte !== Math.floor(at++ / pieceSize)) return at - 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  return at === pieces * pieceSize ? -1 : at
}

for (const length of [pieces * pieceSize, undefined]) {
  test(`each piece is sent as it was given, ${length === undefined ? 'in chunks' : 'with a length'}`, async (t) => {
    const server = createServer((request, response) => {
      void firstWrong(request).then((place) => response.end(`${place}`))
    })
    const http = await listening(server)
    const wanted = { method: 'PUT', target: '/', body: alternating() }
    const answer = await http.exchange(length === undefined ? wanted : { ...wanted, length })
    answer.setEncoding('utf8')
    t.equal((await once(answer, 'data'))[0], '-1')
    http.close()
    server.close()
  })
}

test('behind a refusal nothing more is asked for, and the maker of the pieces is told', async (t) => {
  const server = createServer((request, response) => {
    request.once('readable', () => response.writeHead(413).end('too_large: Too much.\n'))
  })
  const http = await listening(server)
  const asked: number[] = []
  let told: () => void
  const ended = new Promise<void>((resolve) => {
    told = resolve
  })
  async function* body(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* alternating(asked)
    } finally {
      told()
    }
  }
  const wanted = { method: 'PUT', target: '/', body: body(), length: pieces * pieceSize }
  t.equal((await failureOf(http.ask(wanted))).status, 413)
  await ended
  t.ok(asked.length < pieces, `${asked.length} of ${pieces} pieces were asked for`)
  http.close()
  server.closeAllConnections()
  server.close()
})
