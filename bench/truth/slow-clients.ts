/**
 * Clients that are slow as `twinserve predict` has them: they come by a Poisson process, and each stores a file that takes a given time to come. They wait until
 * the server says `100 Continue` (RFC 9110, section 10.1.1), so that it is held for that time from when it has turned to them.
 *
 *     node --import=./scripts/typescript.js bench/truth/slow-clients.ts '{"port":8080,"rate":5,"hold":0.04,"bytes":10240,"seed":1}'
 *
 * It says `there` when the first may come, comes until its standard input ends, and then tells what came of those who had been answered, as JSON.
 */
import net from 'node:net'
import { mean } from '../statistics/percentile.ts'
import { exponential, randomFrom } from '../statistics/random.ts'
import type { SlowClients, SlowlyServed } from './slowness.ts'

const { port, rate, hold, bytes, seed } = JSON.parse(process.argv[2] ?? '{}') as SlowClients & { readonly port: number }
/** In so many pieces a body comes: the server looks at each. */
const pieces = 4
const piece = Buffer.alloc(Math.ceil(bytes / pieces), 'slow')
const holds: number[] = []
let [came, refused] = [0, 0]

function come(): void {
  came += 1
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  const fields = [
    `Host: 127.0.0.1:${port}`,
    `Content-Length: ${piece.length * pieces}`,
    'Expect: 100-continue',
    'Connection: close',
  ]
  socket.on('error', () => {})
  socket.write(`PUT /slow-${process.pid}-${came} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`)
  let began: number | undefined
  socket.on('data', (answer) => {
    if (began === undefined && answer.toString('latin1').startsWith('HTTP/1.1 100 ')) {
      began = performance.now()
      send(socket, began, 1)
    } else if (began !== undefined && answer.toString('latin1').startsWith('HTTP/1.1 201 ')) {
      holds.push((performance.now() - began) / 1000)
    } else refused += 1
  })
}

/** The last piece is sent when the time is over, whenever those before it were. */
function send(socket: net.Socket, began: number, which: number): void {
  const due = began + (1000 * hold * which) / pieces
  setTimeout(() => {
    socket.write(piece)
    if (which < pieces) send(socket, began, which + 1)
  }, due - performance.now())
}

const random = randomFrom(seed)
// By the clock, so that a timer that is late does not put off all who come after.
let next = performance.now()
let timer: NodeJS.Timeout
const wait = () => {
  next += 1000 * exponential(random, 1 / rate)
  timer = setTimeout(() => {
    come()
    wait()
  }, next - performance.now())
}
wait()
process.stdout.write('there\n')
process.stdin.on('end', () => {
  clearTimeout(timer)
  const told: SlowlyServed = { came, served: holds.length, refused, hold: holds.length === 0 ? undefined : mean(holds) }
  process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit())
})
process.stdin.resume()
