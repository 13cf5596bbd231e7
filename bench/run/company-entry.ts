/** The process of `company.ts`: says `there` when every client has done what it does first. */
import net from 'node:net'
import { type Company, largeBytes, largePath } from './company.ts'

const {
  port,
  idle = 0,
  stalled = 0,
  slowReaders = 0,
  slowUploaders = 0,
  rate = 64 * 1024,
} = JSON.parse(process.argv[2] ?? '{}') as Company & { port: number }

/** How often slow clients do something, in milliseconds. */
const beat = 100
const host = `Host: 127.0.0.1:${port}\r\n`
const piece = Buffer.alloc(Math.ceil((rate * beat) / 1000), 'x')

/** A connection that does something, and does it again over another when it is cut. Resolves when it was done first. */
function come(first: (socket: net.Socket, there: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const connect = () => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
      socket.on('error', () => {})
      // Not at once: a server that has gone would be asked without end.
      socket.on('close', () => setTimeout(connect, 10))
      socket.on('connect', () => first(socket, resolve))
    }
    connect()
  })
}

function rest(socket: net.Socket, there: () => void): void {
  socket.write(`GET /small HTTP/1.1\r\n${host}\r\n`)
  socket.once('data', there)
}

function stall(socket: net.Socket, there: () => void): void {
  socket.write(`GET /small HTTP/1.1\r\n${host}`, there)
  socket.resume()
}

function readSlowly(socket: net.Socket, there: () => void): void {
  socket.write(`GET ${largePath} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, there)
  // Little is taken from the kernel, which then lets the server wait.
  socket.pause()
  const timer = setInterval(() => socket.read(piece.length) ?? socket.read(), beat)
  socket.on('close', () => clearInterval(timer))
}

let uploads = 0
function storeSlowly(socket: net.Socket, there: () => void): void {
  uploads += 1
  socket.write(`PUT /slow-${process.pid}-${uploads} HTTP/1.1\r\n${host}Content-Length: ${largeBytes}\r\n\r\n`, there)
  socket.resume()
  const timer = setInterval(() => socket.write(piece), beat)
  socket.on('close', () => clearInterval(timer))
}

await Promise.all([
  ...Array.from({ length: idle }, () => come(rest)),
  ...Array.from({ length: stalled }, () => come(stall)),
  ...Array.from({ length: slowReaders }, () => come(readSlowly)),
  ...Array.from({ length: slowUploaders }, () => come(storeSlowly)),
])
process.stdout.write('there\n')
