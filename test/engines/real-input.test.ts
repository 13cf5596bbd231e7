/**
 * Input that nobody made for the test: the project's own dependencies, fetched back by following the links of the
 * pages; a file beyond every 32-bit number; a directory of a hundred thousand entries.
 */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { compile } from '../fixtures/compiled.ts'
import { forEachEngine, startEngine, startOn } from '../fixtures/engines.ts'
import { type Answer, message, RawClient } from '../fixtures/raw-client.ts'
import { startChild } from '../fixtures/serving-process.ts'
import { temporary } from '../fixtures/temporary.ts'

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** Whether it is what it seems, or a symbolic link that stays below the directory. */
function stays(full: string): boolean {
  if (!fs.lstatSync(full).isSymbolicLink()) return true
  if (path.isAbsolute(fs.readlinkSync(full)) || !fs.existsSync(full)) return false
  return fs.realpathSync(full).startsWith(`${fs.realpathSync(modules)}/`)
}

/** Every file below a directory, links followed. */
function filesBelow(directory: string, prefix = ''): string[] {
  return fs.readdirSync(directory).flatMap((name) => {
    const [at, full] = [`${prefix}/${name}`, path.join(directory, name)]
    if (!stays(full)) return []
    return fs.statSync(full).isDirectory() ? filesBelow(full, at) : [at]
  })
}

/** The addresses of what lies directly in a directory, by its page: what is not the page's own and has no query. */
function entriesOf(page: string, base: string): string[] {
  const hrefs = new Set([...page.matchAll(/ href="([^"]*)"/g)].map((m) => m[1] as string))
  return [...hrefs].filter(
    (href) => href.startsWith(base) && href.length > base.length && !/^\/\.twinserve\/|[?&;]/.test(href),
  )
}

/** A client that knows nothing but the address of the top page, and keeps its connection. */
async function crawl(client: RawClient, take: (address: string, answer: Answer) => void): Promise<void> {
  const ask = async (address: string) => {
    await client.send(message('GET', address, { Accept: 'text/html,*/*;q=0.1' }))
    const answer = await client.answer()
    if (answer.status !== 200) throw new Error(`${address}: ${answer.status}`)
    return answer
  }
  const waiting = ['/']
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entries = entriesOf((await ask(at)).text, at)
    for (const entry of entries) {
      if (entry.endsWith('/')) waiting.push(entry)
      else take(entry, await ask(entry))
    }
  }
}

forEachEngine(async (t, engine) => {
  const service = await startOn(t, engine, modules, { readOnly: true })
  const client = await service.connect()
  const differing: string[] = []
  const found: string[] = []
  await crawl(client, (address, { body }) => {
    const name = decodeURIComponent(address)
    found.push(name)
    if (!fs.readFileSync(modules + name).equals(body)) differing.push(name)
  })
  client.destroy()
  t.same(differing, [], 'every byte is the same')
  t.same(found.sort(), filesBelow(modules).sort(), 'and nothing is missing')
  t.ok(found.length > 1000, `${found.length} files, on one connection`)
})

const gibibyte = 2 ** 30
const total = 5 * gibibyte

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const file = fs.openSync(service.path('sparse.bin'), 'w')
  fs.ftruncateSync(file, total)
  const marks = [0, 2 ** 31 - 4, 2 ** 32 - 4, 2 ** 32 + 4, total - 8]
  for (const at of marks) fs.writeSync(file, Buffer.from(`<${String(at % 1_000_000).padStart(6, '0')}>`), 0, 8, at)
  fs.closeSync(file)
  const mark = (at: number) => `<${String(at % 1_000_000).padStart(6, '0')}>`
  const ask = (range: string) => service.ask('GET', '/sparse.bin', { Range: range })

  await t.test('HEAD tells the length, and the answer to GET begins with it', async (t) => {
    t.equal((await service.ask('HEAD', '/sparse.bin')).field('content-length'), `${total}`)
  })

  await t.test('ranges around 2^31, 2^32 and the end', async (t) => {
    for (const at of marks) {
      const answer = await ask(`bytes=${at}-${at + 7}`)
      t.equal(answer.status, 206)
      t.equal(answer.field('content-range'), `bytes ${at}-${at + 7}/${total}`)
      t.equal(answer.text, mark(at), `at ${at}`)
    }
    t.equal((await ask('bytes=-8')).text, mark(total - 8))
    t.equal((await ask(`bytes=${total - 8}-`)).text, mark(total - 8))
    t.equal((await ask(`bytes=${total - 1}-`)).text, '>')
    t.equal((await ask(`bytes=${total}-`)).status, 416)
    t.equal((await ask(`bytes=${2 ** 53}-`)).status, 416)
  })

  await t.test('a large range over 2^32, sent by sendfile', async (t) => {
    const from = 2 ** 32 - 300_000
    const { body } = await ask(`bytes=${from}-${2 ** 32 + 300_000}`)
    t.equal(body.length, 600_001)
    t.equal(body.toString('latin1', 300_000 - 4, 300_000 + 12), mark(2 ** 32 - 4) + mark(2 ** 32 + 4))
    t.ok(body.subarray(0, 299_996).every((byte) => byte === 0))
  })

  await t.test('several ranges, far apart', async (t) => {
    const { text } = await ask(`bytes=0-7,${2 ** 32 - 4}-${2 ** 32 + 3},-8`)
    for (const at of [0, 2 ** 32 - 4, total - 8]) t.ok(text.includes(`/${total}\r\n\r\n${mark(at)}\r\n`))
  })
})

const many = 100_000
/** Half of it is Node and the program, before anything is asked for. */
const mostMemory = 170 * 1024 * 1024

/** A directory with that many files in it, the program in JavaScript, and where both are removed. */
async function crowd(t: Test): Promise<{ root: string; program: string }> {
  const at = await temporary(t)
  const root = path.join(at, 'share')
  fs.mkdirSync(path.join(root, 'many'), { recursive: true })
  for (let i = 0; i < many; i += 1) {
    fs.closeSync(fs.openSync(path.join(root, 'many', `entry ${i} of many, with a name of usual length`), 'w'))
  }
  return { root, program: compile(path.join(at, 'program')) }
}

void test('a directory of a hundred thousand entries', async (t) => {
  if (!fs.existsSync('/proc/self/status')) return
  const { root, program } = await crowd(t)
  for (const engine of ['sync', 'async'] as const) {
    for (const accept of ['application/json', 'text/html']) {
      await t.test(`${engine}: ${accept}`, async (t) => {
        const child = await startChild(t, engine, root, [program])
        const client = await RawClient.connect(child.address)
        await client.send(message('GET', '/many/', { Accept: accept }))
        const { status, text } = await client.answer()
        t.equal(status, 200)
        const names = accept === 'text/html' ? entriesOf(text, '/many/') : JSON.parse(text).entries
        t.equal(names.length, many)
        const peak = child.peak()
        t.ok(peak < mostMemory, `${Math.round(peak / 1024 / 1024)} MB at most`)
        client.destroy()
        await child.stop()
      })
    }
  }
})
