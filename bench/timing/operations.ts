/** Part one: each operation through both drivers, with all that a request has, from parsing to the answer, but no socket. */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Timing } from '../run/results.ts'
import { blockingDriver, type Driver, eventLoopDriver, type Request } from './drivers.ts'
import { type TimingSettings, timeTasks } from './rounds.ts'

interface Operation {
  readonly name: string
  /** Whether `--quick` leaves it out: because of what it takes to prepare, or to do. */
  readonly long?: boolean
  readonly prepare?: (root: string) => void
  /** What to do once, on one driver. @param next gives numbers that no name has yet */
  readonly once: (driver: Driver, next: () => number) => void | Promise<void>
}

const pieceBytes = 64 * 1024

/** A request as it would come: its body in pieces. */
function request(line: string, fields = '', body?: Buffer): Request {
  const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`
  const head = Buffer.from(`${line} HTTP/1.1\r\nHost: localhost\r\n${fields}${length}\r\n`)
  const pieces: Buffer[] = [head]
  for (let at = 0; body !== undefined && at < body.length; at += pieceBytes)
    pieces.push(body.subarray(at, at + pieceBytes))
  return pieces
}

/** One thing after the other, which for the blocking driver must not involve a promise. */
function inTurn(first: void | Promise<void>, second: () => void | Promise<void>): void | Promise<void> {
  return first === undefined ? second() : first.then(second)
}

const sizes = [
  ['1k', 1024],
  ['64k', 64 * 1024],
  ['1m', 1024 ** 2],
  ['100m', 100 * 1024 ** 2],
] as const

function listing(count: number): Operation {
  const asked = request(`GET /list-${count}/?json`)
  return {
    name: `list-${count}`,
    long: count > 10_000,
    prepare(root) {
      fs.mkdirSync(path.join(root, `list-${count}`))
      for (let at = 0; at < count; at += 1) fs.writeFileSync(path.join(root, `list-${count}`, `entry-${at}`), '')
    },
    once: (driver) => driver.ask(asked),
  }
}

function download(name: string, bytes: number): Operation {
  const asked = request(`GET /file-${name}`)
  return {
    name: `download-${name}`,
    long: bytes > 10_000_000,
    prepare: (root) => fs.writeFileSync(path.join(root, `file-${name}`), randomBytes(bytes)),
    once: (driver) => driver.ask(asked),
  }
}

/** A file is stored and deleted again, so that the directory stays as it was. */
function storing(name: string, bytes: number): Operation {
  const body = randomBytes(bytes)
  return {
    name: `store-and-delete-${name}`,
    long: bytes > 10_000_000,
    once(driver, next) {
      const place = `/stored-${next()}`
      return inTurn(driver.ask(request(`PUT ${place}`, '', body)), () => driver.ask(request(`DELETE ${place}`)))
    },
  }
}

const moving: Operation = {
  name: 'move-there-and-back',
  prepare: (root) => fs.writeFileSync(path.join(root, 'here'), 'x'),
  once: (driver) =>
    inTurn(driver.ask(request('MOVE /here', 'Destination: /there\r\n')), () =>
      driver.ask(request('MOVE /there', 'Destination: /here\r\n')),
    ),
}

const operations: readonly Operation[] = [
  ...[10, 1_000, 100_000].map(listing),
  ...sizes.map(([name, bytes]) => download(name, bytes)),
  ...sizes.map(([name, bytes]) => storing(name, bytes)),
  moving,
]

export function operationNames(quick: boolean): readonly string[] {
  return operations.filter(({ long }) => !(quick && long)).map(({ name }) => name)
}

export async function timeOperations(
  names: readonly string[],
  settings: TimingSettings & { readonly scratch: string },
  found: (timing: Timing) => void,
): Promise<void> {
  if (names.length === 0) return
  const root = path.join(settings.scratch, 'operations')
  fs.mkdirSync(root)
  const drivers = [blockingDriver(root), await eventLoopDriver(root)]
  let numbers = 0
  try {
    for (const operation of operations.filter(({ name }) => names.includes(name))) {
      operation.prepare?.(root)
      const tasks = drivers.map((driver) => ({
        name: operation.name,
        engine: driver.name,
        later: driver.later,
        run: () => operation.once(driver, () => numbers++),
      }))
      found(await timeTasks('operations', operation.name, tasks, settings))
    }
  } finally {
    await Promise.all(drivers.map((driver) => driver.end()))
  }
}
