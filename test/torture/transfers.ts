/**
 * The client's transfers: a tree of many small files and one large one, up and down, while connections are cut and the
 * server is killed and started again; and how they compare with `curl`.
 *
 *     npm run build
 *     node --import=./scripts/typescript.js test/torture/transfers.ts --engine sync [--size BYTES] [--files N] [--rounds N]
 *         [--only 'large up,large down,small up,small down']
 *
 * Every file must have the same digest at both ends, and something must have been resumed. The comparison is made round
 * by round, one after the other, so that what else the machine does hits both. Before each the disk is left to finish what
 * it has to write. With `--only`, nothing is cut and killed, and only so much is compared; a minute of it is
 * `--only 'large up' --size 536870912`. The status is 0 when all digests are equal.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Client, connect, type Progress } from '../../src/client/index.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'async' },
    size: { type: 'string', default: `${2 * 1024 ** 3}` },
    files: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    directory: { type: 'string', default: tmpdir() },
  },
})
const [size, files, rounds] = [Number(values.size), Number(values.files), Number(values.rounds)]
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const say = (line: string) => process.stdout.write(`${line}\n`)
let wrong = 0

/** A server in a process of its own, which can be killed and started again on another port. */
class Server {
  port = 0
  starts = 0
  #child: ChildProcess | undefined
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async start(): Promise<void> {
    const words = [command, this.#root, '--port', '0', '--log-format', 'off', '--mode', values.engine]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    this.port = Number(/:(\d+)\//.exec(line.toString())?.[1])
    this.starts += 1
  }

  async kill(): Promise<void> {
    const ended = once(this.#child as ChildProcess, 'exit')
    this.#child?.kill('SIGKILL')
    await ended
  }
}

/** What lies between the client and the server: cut when the test says so. */
async function between(server: Server) {
  const open = new Set<Socket>()
  const listener = createServer((client) => {
    const there = dial(server.port, '127.0.0.1')
    for (const [from, to] of [
      [client, there],
      [there, client],
    ] as const) {
      open.add(from)
      from.on('close', () => open.delete(from))
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
    cut: () => {
      for (const socket of open) socket.resetAndDestroy()
    },
    close: () => listener.close(),
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(fs.createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

async function same(one: string, two: string): Promise<void> {
  if ((await digestOf(one)) === (await digestOf(two))) return
  wrong += 1
  say(`WRONG: ${two} is not ${one}`)
}

async function sameTree(one: string, two: string): Promise<void> {
  for (const name of fs.readdirSync(one, { recursive: true, encoding: 'utf8' })) {
    if (fs.statSync(join(one, name)).isFile()) await same(join(one, name), join(two, name))
  }
}

async function timed(step: () => Promise<unknown> | unknown): Promise<number> {
  const begun = performance.now()
  await step()
  return (performance.now() - begun) / 1000
}

function makeTree(top: string): void {
  for (let i = 0; i < files; i++) {
    const directory = join(top, `d${i % 20}`)
    fs.mkdirSync(directory, { recursive: true })
    fs.writeFileSync(join(directory, `f${i}.bin`), Buffer.alloc(1 + ((i * 7919) % 20_000), `${i} `))
  }
}

function makeLarge(path: string): void {
  const block = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31 + (i >> 8)) % 256))
  const fd = fs.openSync(path, 'w')
  for (let at = 0; at < size; at += block.length) {
    block.writeDoubleLE(at, 0)
    fs.writeSync(fd, block, 0, Math.min(block.length, size - at))
  }
  fs.closeSync(fd)
}

/** Cut at a third, kill at two thirds. */
function trouble(server: Server, cut: () => void): (progress: Progress) => void {
  let stage = 0
  return ({ bytes, totalBytes, done, total }) => {
    const part = totalBytes === undefined ? done / (total ?? 1) : bytes / totalBytes
    if (stage === 0 && part > 1 / 3) {
      stage = 1
      cut()
    } else if (stage === 1 && part > 2 / 3) {
      stage = 2
      void server.kill().then(() => server.start())
    }
  }
}

async function main(base: string): Promise<void> {
  const [root, here] = [join(base, 'root'), join(base, 'here')]
  for (const directory of [root, here]) fs.mkdirSync(directory)
  makeTree(join(here, 'tree'))
  makeLarge(join(here, 'large'))
  const server = new Server(root)
  await server.start()
  try {
    if (values.only === undefined) await interrupted(base, server, root, here)
    else for (const name of ['tree', 'large']) fs.cpSync(join(here, name), join(root, name), { recursive: true })
    const url = `http://127.0.0.1:${server.port}/`
    const client = await connect({ stateDirectory: join(base, 'state'), url })
    await compare(client, server, root, here)
    await client.close()
  } finally {
    await server.kill()
  }
}

/** Everything up and down, while connections are cut and the server is killed. */
async function interrupted(base: string, server: Server, root: string, here: string): Promise<void> {
  const way = await between(server)
  const retried: number[] = []
  const options = { stateDirectory: join(base, 'state'), onRetry: () => retried.push(performance.now()) }
  const client = await connect({ ...options, url: way.url, retry: { firstDelay: 50, attempts: 20 } })
  const step = async (what: string, work: (onProgress: (progress: Progress) => void) => Promise<unknown>) => {
    const [starts, tried] = [server.starts, retried.length]
    const seconds = await timed(() => work(trouble(server, way.cut)))
    say(
      `${what}: ${seconds.toFixed(1)} s, server killed ${server.starts - starts} times, ${retried.length - tried} attempts again`,
    )
  }
  try {
    await step('tree up', (onProgress) => client.uploadTree(join(here, 'tree'), 'tree', { onProgress }))
    await sameTree(join(here, 'tree'), join(root, 'tree'))
    await step('tree down', (onProgress) => client.downloadTree('tree', join(here, 'tree2'), { onProgress }))
    await sameTree(join(here, 'tree'), join(here, 'tree2'))
    await step('large up', (onProgress) => client.upload(join(here, 'large'), 'large', { onProgress }))
    await same(join(here, 'large'), join(root, 'large'))
    await step('large down', (onProgress) => client.download('large', join(here, 'large2'), { onProgress }))
    await same(join(here, 'large'), join(here, 'large2'))
    fs.rmSync(join(here, 'large2'))
  } finally {
    await client.close()
    way.close()
  }
}

const curl = (...words: readonly string[]) =>
  execFileSync('curl', ['-sS', '--fail', ...words], { stdio: ['ignore', 'ignore', 'inherit'] })

/** Ours beside `curl`: seconds of each round, and the ratio of the middle ones. */
async function compare(client: Client, server: Server, root: string, here: string): Promise<void> {
  const at = (name: string) => `http://127.0.0.1:${server.port}/${name}`
  const names = fs
    .readdirSync(join(here, 'tree'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.bin'))
  const [one, back] = [join(here, 'large'), join(here, 'back')]
  const rows: Readonly<Record<string, readonly [ours: () => Promise<unknown>, theirs: () => void, undo: () => void]>> =
    {
      'large up': [() => client.upload(one, 'c'), () => curl('-T', one, at('c')), () => fs.rmSync(join(root, 'c'))],
      'large down': [
        () => client.download('large', back),
        () => {
          curl('-o', back, at('large'))
          // Ours is on disk before it has its name.
          execFileSync('sync', [back])
        },
        () => fs.rmSync(back),
      ],
      'small up': [
        () => client.uploadTree(join(here, 'tree'), 'c'),
        () => {
          fs.mkdirSync(join(root, 'c'))
          for (let i = 0; i < 20; i++) fs.mkdirSync(join(root, 'c', `d${i}`))
          for (const name of names) curl('-T', join(here, 'tree', name), at(`c/${name}`))
        },
        () => fs.rmSync(join(root, 'c'), { recursive: true }),
      ],
      'small down': [
        () => client.downloadTree('tree', back),
        () => {
          for (const name of names) curl('--create-dirs', '-o', join(back, name), at(`tree/${name}`))
        },
        () => fs.rmSync(back, { recursive: true }),
      ],
    }
  const wanted = values.only?.split(',')
  for (const [what, [ours, theirs, undo]] of Object.entries(rows)) {
    if (wanted?.includes(what) === false) continue
    const [own, others]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      for (const [times, work] of [
        [own, ours],
        [others, theirs],
      ] as const) {
        execFileSync('sync', ['-f', here])
        times.push(await timed(work))
        undo()
      }
    }
    const middle = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number
    const list = (times: number[]) => times.map((time) => time.toFixed(2)).join(' ')
    say(
      `${what}: ours ${list(own)} s, curl ${list(others)} s, speed ${(middle(others) / middle(own)).toFixed(2)} of curl`,
    )
  }
}

const base = fs.mkdtempSync(join(values.directory, 'twinserve-transfers-'))
try {
  say(`engine ${values.engine}, ${files} files, one of ${size} bytes`)
  await main(base)
} finally {
  fs.rmSync(base, { recursive: true, force: true })
}
process.exit(wrong === 0 ? 0 : 1)
