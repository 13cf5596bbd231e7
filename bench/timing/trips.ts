/** Part two: one client on one connection, one request at a time, to both servers. */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { Answer } from '../load/answer.ts'
import { blocking, eventLoop, type Running, startEngine } from '../run/engines.ts'
import type { Timing } from '../run/results.ts'
import type { Settings } from '../run/settings.ts'
import { type TimingSettings, timeTasks } from './rounds.ts'

interface Trip {
  readonly name: string
  /** What is asked, one after the other. @param number that no other has */
  readonly requests: (number: number) => readonly (readonly [method: string, text: string])[]
}

function ask(method: string, target: string, fields = '', body?: string): readonly [string, string] {
  const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`
  return [method, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${fields}${length}\r\n${body ?? ''}`]
}

const body = 'x'.repeat(10 * 1024)
const trips: readonly Trip[] = [
  { name: 'get-10k', requests: () => [ask('GET', '/file-10k')] },
  { name: 'get-1m', requests: () => [ask('GET', '/file-1m')] },
  { name: 'head', requests: () => [ask('HEAD', '/file-10k')] },
  { name: 'not-modified', requests: () => [ask('GET', '/file-10k', 'If-None-Match: *\r\n')] },
  { name: 'range', requests: () => [ask('GET', '/file-1m', 'Range: bytes=1000-1999\r\n')] },
  { name: 'not-found', requests: () => [ask('GET', '/nothing')] },
  { name: 'list-100', requests: () => [ask('GET', '/list-100/?json')] },
  { name: 'list-100-page', requests: () => [ask('GET', '/list-100/')] },
  { name: 'options', requests: () => [ask('OPTIONS', '/')] },
  {
    name: 'put-and-delete-10k',
    requests: (number) => [ask('PUT', `/put-${number}`, '', body), ask('DELETE', `/put-${number}`)],
  },
  {
    name: 'mkcol-and-delete',
    requests: (number) => [ask('MKCOL', `/made-${number}`), ask('DELETE', `/made-${number}`)],
  },
]

export const tripNames: readonly string[] = trips.map(({ name }) => name)

/** A client that sends one request, and waits for all of the answer. */
class Client {
  private readonly socket: net.Socket
  private answer: Answer | undefined
  private settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined

  private constructor(socket: net.Socket) {
    this.socket = socket
    const fail = (error: Error) => this.settle?.reject(error)
    socket.on('data', (bytes) => {
      try {
        if (this.answer?.read(bytes)) this.settle?.resolve()
      } catch (error) {
        fail(error as Error)
      }
    })
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('The connection ended.')))
  }

  static connect(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(new Client(socket)))
      socket.once('error', reject)
    })
  }

  /** @returns the status */
  async ask(method: string, text: string): Promise<number> {
    const answer = new Answer(method, undefined)
    this.answer = answer
    await new Promise<void>((resolve, reject) => {
      this.settle = { resolve, reject }
      this.socket.write(text, 'latin1')
    })
    return answer.status
  }

  close(): void {
    this.settle = undefined
    this.socket.destroy()
  }
}

function prepare(root: string): void {
  fs.mkdirSync(path.join(root, 'list-100'), { recursive: true })
  for (let at = 0; at < 100; at += 1) fs.writeFileSync(path.join(root, 'list-100', `entry-${at}`), '')
  fs.writeFileSync(path.join(root, 'file-10k'), randomBytes(10 * 1024))
  fs.writeFileSync(path.join(root, 'file-1m'), randomBytes(1024 ** 2))
}

export async function timeTrips(
  names: readonly string[],
  settings: TimingSettings & Pick<Settings, 'scratch' | 'processors'>,
  found: (timing: Timing) => void,
): Promise<void> {
  if (names.length === 0) return
  const root = path.join(settings.scratch, 'trips')
  prepare(root)
  const servers: Running[] = []
  const clients: Client[] = []
  let numbers = 0
  try {
    for (const engine of [blocking, eventLoop]) {
      const server = await startEngine(engine, { root, processor: settings.processors.server })
      servers.push(server)
      clients.push(await Client.connect(server.port))
    }
    for (const trip of trips.filter(({ name }) => names.includes(name))) {
      const tasks = servers.map(({ engine }, at) => ({
        name: trip.name,
        engine: engine.name,
        later: true,
        run: async () => {
          for (const [method, text] of trip.requests(numbers++)) await clients[at]?.ask(method, text)
        },
      }))
      await demandSame(trip, clients, numbers++)
      found(await timeTasks('trips', trip.name, tasks, settings))
    }
  } finally {
    for (const client of clients) client.close()
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** Both answer alike, or there is nothing to compare. */
async function demandSame(trip: Trip, clients: readonly Client[], number: number): Promise<void> {
  const seen: string[] = []
  for (const client of clients) {
    const statuses: number[] = []
    for (const [method, text] of trip.requests(number)) statuses.push(await client.ask(method, text))
    seen.push(statuses.join(' '))
  }
  if (seen.some((statuses) => statuses !== seen[0] || / 5|^5/.test(statuses))) {
    throw new Error(`${trip.name} is answered with ${seen.join(' and with ')}: there is nothing to compare.`)
  }
}
