/**
 * One upload of more than 4 GiB, and what it does to the memory of the server.
 *
 *     node --import=./scripts/typescript.js test/torture/large.ts --engine sync [--size BYTES] [--directory DIR]
 *
 * Stored with its digest, compared with the file, a range behind 4 GiB asked for, and downloaded again. The status is 0
 * when all of it is right and the upload has raised the resident memory by less than 32 MiB.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { get, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { forgetPeak, memory, type Server, withServer } from './server.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sync' },
    size: { type: 'string', default: `${2 ** 32 + 65_537}` },
    directory: { type: 'string', default: tmpdir() },
    'no-fsync': { type: 'boolean', default: false },
  },
})
const engine = values.engine === 'async' ? 'async' : 'sync'
const size = Number(values.size)
const say = (line: string) => process.stdout.write(`${line}\n`)
const bound = 32 * 1024 * 1024
const blockBytes = 1024 * 1024
/** An upload that is not measured. */
const first = 256 * blockBytes
const wrong: string[] = []

/** Blocks that differ by their number, so that none can take the place of another. Each is valid until the next. */
function* blocks(length = size): Generator<Buffer> {
  const block = Buffer.from(Array.from({ length: blockBytes }, (_, at) => (at * 31 + (at >> 8)) % 256))
  for (let at = 0; at < length; at += blockBytes) {
    block.writeDoubleLE(at, 0)
    yield block.subarray(0, Math.min(blockBytes, length - at))
  }
}

/** The byte at a place of the whole. */
function byteAt(at: number): number {
  const inside = at % blockBytes
  if (inside >= 8) return (inside * 31 + (inside >> 8)) % 256
  const head = Buffer.alloc(8)
  head.writeDoubleLE(at - inside, 0)
  return head[inside] as number
}

function digestOf(length: number): Buffer {
  const hash = createHash('sha256')
  for (const block of blocks(length)) hash.update(block)
  return hash.digest()
}

async function timed<T>(what: string, step: Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await step
  const seconds = (performance.now() - start) / 1000
  say(`${what}: ${seconds.toFixed(1)} s, ${(size / 2 ** 20 / seconds).toFixed(0)} MiB/s`)
  return result
}

async function put({ address }: Server, path: string, length: number, digest: Buffer): Promise<number> {
  const headers = { 'Content-Length': length, 'Repr-Digest': `sha-256=:${digest.toString('base64')}:` }
  const sending = request({ ...address, path, method: 'PUT', headers })
  const answered = new Promise<number>((resolve, reject) => {
    sending.once('error', reject)
    sending.once('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
  })
  // A copy of each block: the socket may keep it while the next is made.
  const copies = function* () {
    for (const block of blocks(length)) yield Buffer.from(block)
  }
  await pipeline(Readable.from(copies(), { objectMode: false, highWaterMark: 2 * blockBytes }), sending)
  return await answered
}

async function hashed(hash: Hash, source: AsyncIterable<Buffer>): Promise<Buffer> {
  for await (const bytes of source) hash.update(bytes)
  return hash.digest()
}

async function fetched({ address }: Server, path: string, headers: Record<string, string> = {}): Promise<Readable> {
  return await new Promise((resolve, reject) => get({ ...address, path, headers }, resolve).once('error', reject))
}

function demand(condition: boolean, what: string): void {
  if (!condition) wrong.push(what)
}

async function all(server: Server, root: string): Promise<void> {
  const digest = digestOf(size)
  // V8 compiles the parser once more after the first requests, for which it needs 30 MB for a moment.
  demand((await put(server, '/first', first, digestOf(first))) === 201, 'the first PUT is not answered with 201')
  forgetPeak(server.pid)
  const before = memory(server.pid, 'VmRSS')
  demand((await timed('PUT', put(server, '/large', size, digest))) === 201, 'PUT is not answered with 201')
  const raised = memory(server.pid, 'VmHWM') - before
  say(`resident: ${(before / 2 ** 20).toFixed(1)} MiB before, at most ${(raised / 2 ** 20).toFixed(1)} MiB more`)
  demand(raised < bound, 'the memory is not bounded')
  demand(statSync(join(root, 'large')).size === size, 'the file has another size')
  const stored = hashed(createHash('sha256'), createReadStream(join(root, 'large'), { highWaterMark: blockBytes }))
  demand((await timed('the file read', stored)).equals(digest), 'the file is not what was sent')
  const [from, to] = [size - 70_000, size - 1]
  const range = Buffer.concat(await (await fetched(server, '/large', { Range: `bytes=${from}-${to}` })).toArray())
  const expected = Buffer.from(Array.from({ length: to - from + 1 }, (_, at) => byteAt(from + at)))
  demand(range.equals(expected), 'the last range is not what was sent')
  const got = fetched(server, '/large').then((answer) => hashed(createHash('sha256'), answer))
  demand((await timed('GET', got)).equals(digest), 'what is downloaded is not what was sent')
}

const root = mkdtempSync(join(values.directory, 'twinserve-'))
try {
  say(`engine ${engine}, ${size} bytes, fsync ${values['no-fsync'] ? 'off' : 'on'}`)
  await withServer(engine, { root, fsync: !values['no-fsync'] }, (server) => all(server, root))
} finally {
  rmSync(root, { recursive: true, force: true })
}
for (const each of wrong) say(each)
process.exitCode = wrong.length === 0 ? 0 : 1
