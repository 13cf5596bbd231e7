/** What all servers on a directory have in common, whichever engine they run: one of two has the lock, and both see one memory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { commonCalls as commonLater } from '../../src/async/common.ts'
import { sharedBytes } from '../../src/core/files/shared-memory.ts'
import { commonCalls as commonNow } from '../../src/sync/common.ts'
import { Shared } from '../../src/sync/shared.ts'
import { forEachEngine, startEngine } from '../fixtures/engines.ts'
import { temporary } from '../fixtures/temporary.ts'

const entry = fileURLToPath(new URL('../fixtures/lock-holder.ts', import.meta.url))
const loader = fileURLToPath(new URL('../../scripts/typescript.js', import.meta.url))

/** A process that has the lock of a directory. */
async function holder(t: Test, engine: 'sync' | 'async', path: string): Promise<ChildProcess> {
  const clean = ['-i', `PATH=${process.env.PATH}`, process.execPath, `--import=${loader}`]
  const child = spawn('env', [...clean, entry, engine, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

const makes = { sync: () => commonNow(new Shared()), async: () => commonLater() } as const
const names = ['sync', 'async'] as const

/** The calls of an engine on a directory, and its memory. */
async function open(t: Test, engine: 'sync' | 'async', path: string, make = true) {
  const calls = makes[engine]()
  const words = new Int32Array(await calls.share({ fd: -1, path }, make))
  t.teardown(() => calls.leave())
  return { calls, words }
}

for (const engine of names) {
  for (const other of names) {
    test(`${engine} waits for ${other}, and sees what it has seen`, async (t) => {
      const path = await temporary(t)
      const { calls, words } = await open(t, engine, path)
      const child = await holder(t, other, path)
      const last = words.length - 1
      child.stdin?.write('on\n')
      await calls.lock()
      t.equal(Atomics.load(words, last), 1, 'it was waited for')
      await calls.unlock()
    })

    test(`${engine} gets the lock when ${other} is killed`, async (t) => {
      const path = await temporary(t)
      const { calls, words } = await open(t, engine, path)
      const child = await holder(t, other, path)
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await calls.lock()
      await calls.unlock()
      t.equal(Atomics.load(words, words.length - 1), 0)
      await ended
    })
  }
}

for (const engine of names) {
  test(`${engine}: what lies on disk`, async (t) => {
    const path = join(await temporary(t), 'own')
    mkdirSync(path)
    const reader = await open(t, engine, path, false)
    t.equal(reader.words.byteLength, sharedBytes)
    t.strictSame(readdirSync(path), [], 'who only reads makes nothing')
    await reader.calls.lock()
    await reader.calls.unlock()
    const [one, other] = [await open(t, engine, path), await open(t, engine, path)]
    t.strictSame(readdirSync(path).sort(), ['lock', 'memory'])
    t.equal(statSync(join(path, 'memory')).size, sharedBytes)
    t.equal(statSync(join(path, 'memory')).blocks > 0, true, 'with room on the disk')
    const later = await open(t, engine, path, false)
    one.words[7] = 5
    t.strictSame([other.words[7], later.words[7], reader.words[7]], [5, 5, 0])
    t.equal(readFileSync(join(path, 'memory')).readInt32LE(7 * 4), 5)
  })

  test(`${engine}: a memory that is shorter, as a crash may leave it`, async (t) => {
    const path = await temporary(t)
    writeFileSync(join(path, 'memory'), Buffer.of(1, 0, 0, 0, 2))
    t.strictSame([...(await open(t, engine, path)).words.subarray(0, 3)], [1, 2, 0])
    t.equal(statSync(join(path, 'memory')).size, sharedBytes)
  })

  test(`${engine}: where there can be none, a server is by itself`, async (t) => {
    const path = await temporary(t)
    symlinkSync('elsewhere', join(path, 'lock'))
    const { calls, words } = await open(t, engine, path)
    await calls.lock()
    await calls.unlock()
    t.equal(words.byteLength, sharedBytes)
    rmSync(join(path, 'lock'))
    mkdirSync(join(path, 'memory'))
    const [one, other] = [await open(t, engine, path), await open(t, engine, path)]
    one.words[7] = 5
    t.equal(other.words[7], 0)
    await one.calls.lock()
    await one.calls.unlock()
  })
}

test('async: who comes first in a process is first', async (t) => {
  const path = await temporary(t)
  const [one, other] = [await open(t, 'async', path), await open(t, 'async', path)]
  const order: string[] = []
  const step = async (name: string, { calls }: typeof one) => {
    await calls.lock()
    order.push(`${name} has it`)
    await new Promise((resolve) => setImmediate(resolve))
    order.push(`${name} gives it back`)
    await calls.unlock()
  }
  await Promise.all([step('a', one), step('b', other), step('c', one)])
  t.strictSame(
    order,
    ['a', 'b', 'c'].flatMap((name) => [`${name} has it`, `${name} gives it back`]),
  )
})

forEachEngine(async (t, engine) => {
  for (const other of names) {
    const service = await startEngine(t, engine)
    for (const path of ['/a', '/b']) t.equal((await service.ask('PUT', path, {}, 'old')).status, 201)
    const child = await holder(t, other, service.path('.twinserve'))
    const changes = [
      service.ask('PUT', '/a', { Overwrite: 'T' }, 'replaced'),
      service.ask('MOVE', '/b', { Destination: '/c' }),
      service.ask('MKCOL', '/dir'),
    ]
    if (engine.name === 'async') t.equal(`${(await service.ask('GET', '/a')).body}`, 'old', 'nobody who reads waits')
    child.kill('SIGKILL')
    const answers = await Promise.all(changes)
    t.strictSame(
      answers.map(({ status }) => status),
      [204, 201, 201],
      `${other} was killed with the lock, and the others go on`,
    )
  }
})
