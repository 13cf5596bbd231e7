/**
 * The clients of `uploads.ts`, in a process of their own: PUTs over keep-alive connections, as many at a time as there
 * are connections. Sockets and nothing else, so that it costs as little as it can.
 */
import net from 'node:net'

/** What to send. */
export interface Order {
  readonly port: number
  /** What the paths begin with: a number follows. */
  readonly prefix: string
  readonly files: number
  /** Bytes of each. */
  readonly size: number
  readonly connections: number
  /** A line for the header section, with its line end, or nothing. */
  readonly field: string
}

/** What came of it. */
export interface Outcome {
  readonly seconds: number
  /** The first answer that was not 201, whole. */
  readonly wrong: string | undefined
}

/** What is written at a time of a large body. */
const chunkBytes = 256 * 1024
const chunk = Buffer.alloc(chunkBytes, 'x')

/** @returns the answer's status line and fields, when all of it is here */
function wholeAnswer(received: string): string | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = received.slice(0, end)
  const length = /^content-length: *(\d+)/im.exec(head)?.[1] ?? '0'
  return received.length >= end + 4 + Number(length) ? head : undefined
}

function connected(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Write a body piece by piece: the next when the kernel has the last. */
function pour(socket: net.Socket, size: number): void {
  let left = size
  const more = () => {
    const piece = left < chunkBytes ? chunk.subarray(0, left) : chunk
    left -= piece.length
    socket.write(piece, left > 0 ? more : undefined)
  }
  more()
}

async function send({ port, prefix, files, size, connections, field }: Order): Promise<Outcome> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => connected(port)))
  let next = 0
  let left = files
  let wrong: string | undefined
  const begun = performance.now()
  await new Promise<void>((resolve) => {
    for (const socket of sockets) {
      let received = ''
      const ask = () => {
        if (next === files) return
        const head = `PUT ${prefix}${next++} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${size}\r\n${field}\r\n`
        socket.cork()
        socket.write(head, 'latin1')
        pour(socket, size)
        socket.uncork()
      }
      const stop = (what: string) => {
        wrong ??= what
        resolve()
      }
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1')
        const head = wholeAnswer(received)
        if (head === undefined) return
        if (!head.startsWith('HTTP/1.1 201 ')) return stop(received)
        received = ''
        left -= 1
        if (left === 0) resolve()
        else ask()
      })
      socket.on('close', () => stop('the connection ended'))
      socket.on('error', (error) => stop(error.message))
      ask()
    }
  })
  const seconds = (performance.now() - begun) / 1000
  for (const socket of sockets) socket.removeAllListeners('close').destroy()
  return { seconds, wrong }
}

process.on('message', (order: Order) => {
  void send(order).then((outcome) => process.send?.(outcome))
})
