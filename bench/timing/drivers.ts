/**
 * Whole requests through each engine's driver and its calls on files, in this process and without a socket: what is
 * received lies ready, and what is sent is thrown away.
 */
import fs from 'node:fs'
import { fileCalls as laterCalls, loadCall, openRoot as openRootLater, storeCall } from '../../src/async/calls.ts'
import { commonCalls as laterCommonCalls } from '../../src/async/common.ts'
import { environment as laterEnvironment } from '../../src/async/environment.ts'
import { Loader } from '../../src/async/loader.ts'
import { type LaterCalls, run as runLater } from '../../src/async/run.ts'
import type { Calls, Socket } from '../../src/core/calls.ts'
import { Connection } from '../../src/core/http/connection.ts'
import { turn } from '../../src/core/http/turn.ts'
import type { Measured } from '../../src/core/metrics/exposition.ts'
import type { Site } from '../../src/core/site.ts'
import { openSite, type SiteOptions } from '../../src/core/start.ts'
import { fileCalls, openRoot } from '../../src/sync/calls.ts'
import { commonCalls } from '../../src/sync/common.ts'
import { environment } from '../../src/sync/environment.ts'
import { run } from '../../src/sync/run.ts'
import { Shared } from '../../src/sync/shared.ts'
import { quiet } from '../../test/fixtures/quiet.ts'

/** A request in the pieces in which it comes. */
export type Request = readonly Buffer[]

export interface Driver {
  readonly name: string
  /** Whether `ask` gives a promise. */
  readonly later: boolean
  /** Carry out one request. @throws an Error when it is answered with anything but 2xx */
  ask(request: Request): void | Promise<void>
  end(): Promise<void>
}

const options: SiteOptions = { ...quiet, readOnly: false }

/** Metrics are not asked for. */
const unmeasured = (): Measured => ({ loops: [], processes: [] })

/** A socket on which a request lies ready. */
class Ready implements Socket {
  readonly id = -1
  request: Request = []
  at = 0
  /** The first bytes of the answer. */
  status = ''

  recv(): Uint8Array {
    return this.request[this.at++] ?? Buffer.alloc(0)
  }

  send(bytes: Uint8Array): void {
    if (this.status === '') this.status = Buffer.from(bytes.buffer, bytes.byteOffset, 12).toString('latin1')
  }

  expect(request: Request): void {
    this.request = request
    this.at = 0
    this.status = ''
  }

  demandSuccess(): void {
    if (/^HTTP\/1\.1 2/.test(this.status)) return
    throw new Error(`${this.request[0]?.toString('latin1').split('\r\n', 1)[0]} was answered with ${this.status}.`)
  }
}

/** What a file is read into in place of sendfile(2), which there is no socket for. */
const room = Buffer.allocUnsafeSlow(512 * 1024)

export function blockingDriver(root: string): Driver {
  const socket = new Ready()
  // Nobody will ask this thread to stop.
  const common = commonCalls(new Shared())
  const calls: Calls = {
    ...fileCalls,
    ...common,
    measure: unmeasured,
    recv: () => socket.recv(),
    send: (_, bytes) => socket.send(bytes),
    sendfile(_, file, offset, length) {
      let sent = 0
      while (sent < length) {
        const count = fs.readSync(file, room, 0, Math.min(room.length, length - sent), offset + sent)
        if (count === 0) break
        sent += count
      }
      return sent
    },
  }
  const directory = openRoot(root)
  const site: Site = run(
    openSite(options, directory, environment, () => {}),
    calls,
  )
  return {
    name: 'blocking',
    later: false,
    ask(request) {
      socket.expect(request)
      run(turn(connectionOn(socket, environment.now()), site), calls)
      socket.demandSuccess()
    },
    async end() {
      common.leave()
      calls.close(directory.fd)
    },
  }
}

export async function eventLoopDriver(root: string): Promise<Driver> {
  const socket = new Ready()
  const [loader, keeper] = [new Loader(), new Loader()]
  const common = laterCommonCalls()
  const calls: LaterCalls = {
    ...laterCalls,
    ...loadCall(loader),
    ...storeCall(() => keeper),
    ...common,
    measure: unmeasured,
    recv: () => socket.recv(),
    send: (_, bytes) => socket.send(bytes),
    sendfile: (_, file, offset, length) => readAll(file, offset, length),
  }
  const directory = await openRootLater(root)
  const site: Site = await runLater(
    openSite(options, directory, laterEnvironment, () => {}),
    calls,
  )
  await Promise.all([loader.ready, keeper.ready])
  return {
    name: 'event loop',
    later: true,
    async ask(request) {
      socket.expect(request)
      await runLater(turn(connectionOn(socket, laterEnvironment.now()), site), calls)
      socket.demandSuccess()
    },
    async end() {
      await Promise.all([loader.end(), keeper.end()])
      common.leave()
      fs.closeSync(directory.fd)
    },
  }
}

function connectionOn(socket: Socket, now: number): Connection {
  const connection = new Connection(socket, { remote: '127.0.0.1', secure: false })
  connection.ready = now
  return connection
}

async function readAll(file: number, offset: number, length: number): Promise<number> {
  let sent = 0
  while (sent < length) {
    const count = await new Promise<number>((resolve, reject) => {
      fs.read(file, room, 0, Math.min(room.length, length - sent), offset + sent, (error, read) =>
        error === null ? resolve(read) : reject(error),
      )
    })
    if (count === 0) break
    sent += count
  }
  return sent
}
