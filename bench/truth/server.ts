/**
 * A server whose truth is known: one request after the other in the order in which they come, each for exactly as long as
 * its number says, in a sleep that blocks. What a load generator measures of it can be computed.
 *
 *     node --import=./scripts/typescript.js bench/truth/server.ts '{"shape":"exponential","mean":0.002,"seed":1,"count":10000}'
 *
 * - `GET /7` takes the time of request 7, and whatever is no number takes none.
 * - Requests come up in the order in which they came: epoll(7) reports descriptors in the order in which they became ready, and
 *   libuv keeps it.
 * - A sleep ends late, and there is work between two requests. The last part of each is therefore spent looking at
 *   the clock, and a request that was waiting begins when the one before it ended: what lies between is taken out of its sleep.
 * - With `freeze`, it stands still for so many seconds out of every so many.
 */
import net from 'node:net'
import { type Shape, serviceTimes } from './service.ts'

export interface Truth {
  readonly shape: Shape
  /** Seconds. */
  readonly mean: number
  readonly seed: number
  /** How many requests it has times for. */
  readonly count: number
  /** Seconds. */
  readonly freeze?: { readonly every: number; readonly for: number }
}

/** A sleep is not to be trusted with less than this; milliseconds. */
const watched = 0.5
/** Who comes up so soon after the one before has been waiting; milliseconds. */
const atOnce = 0.1

const truth = JSON.parse(process.argv[2] ?? '{}') as Truth
const services = serviceTimes(truth.shape, truth.mean, truth.seed, truth.count)
const bed = new Int32Array(new SharedArrayBuffer(4))
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue'
let free = 0

/** Block the thread until a moment; milliseconds. */
function sleepUntil(end: number): void {
  const left = end - performance.now() - watched
  if (left > 0) Atomics.wait(bed, 0, 0, left)
  while (performance.now() < end);
}

function serve(path: string): void {
  const seconds = services[Number(path.slice(1))]
  if (seconds === undefined) return
  const now = performance.now()
  free = (now - free < atOnce ? free : now) + seconds * 1000
  sleepUntil(free)
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let received = ''
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
    for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
      serve(received.split(' ', 2)[1] as string)
      received = received.slice(end + 4)
      socket.write(answer)
    }
  })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  process.stdout.write(`${(server.address() as net.AddressInfo).port}\n`)
})
const { freeze } = truth
if (freeze !== undefined) {
  // By the clock, so that what one turn comes late does not put off the next.
  const began = performance.now()
  let times = 1
  const stand = () => {
    sleepUntil(performance.now() + freeze.for * 1000)
    times += 1
    setTimeout(stand, began + times * freeze.every * 1000 - performance.now())
  }
  setTimeout(stand, freeze.every * 1000)
}
process.stdin.on('end', () => process.exit())
process.stdin.resume()
