/** The parts of the client that need no server. */
import fs from 'node:fs'
import { open } from 'node:fs/promises'
import { test } from 'tap'
import { demandSafeName } from '../../src/client/index.ts'
import { Meter } from '../../src/client/meter.ts'
import { Note } from '../../src/client/note.ts'
import type { Progress } from '../../src/client/options.ts'
import { eachOf } from '../../src/client/pool.ts'
import { secondsOf } from '../../src/client/put.ts'
import { delayBefore, retrying } from '../../src/client/retry.ts'
import { Sink } from '../../src/client/sink.ts'
import { failureOf, here } from '../fixtures/clients.ts'

test('names that a file may have here', async (t) => {
  for (const name of ['a', '.bashrc', 'a b', '-rf', 'é', 'con', 'a:b', '...', 'x'.repeat(255)]) {
    t.doesNotThrow(() => demandSafeName(name, 'linux'), name)
  }
  const never = ['', '.', '..', 'a/b', '../x', '/x', 'a\\b', 'a\0', '\udc00']
  const notOnWindows = [
    'con',
    'CON.txt',
    'nul',
    'com1',
    'LPT9.x',
    'com¹',
    'a:b',
    'a?',
    'a*',
    'a<b',
    'a|b',
    'a.',
    'a ',
    'a\u0001',
    'CONIN$',
  ]
  for (const name of never) t.throws(() => demandSafeName(name, 'linux'), { code: 'unsafe_name' }, JSON.stringify(name))
  for (const name of [...never, ...notOnWindows]) {
    t.throws(() => demandSafeName(name, 'win32'), { code: 'unsafe_name' }, JSON.stringify(name))
  }
  for (const name of ['console', 'a.b', 'com10', 'lpt']) t.doesNotThrow(() => demandSafeName(name, 'win32'), name)
  t.throws(() => demandSafeName('../../.bashrc'), {
    message:
      'The server tells of a file named "../../.bashrc", which cannot be stored here: a name cannot hold a slash.',
  })
})

test('delays double, less up to a half, and have a bound', async (t) => {
  const retry = { attempts: 9, firstDelay: 200, maxDelay: 3_000 }
  const delays = (chance: number) => [2, 3, 4, 5, 6, 7].map((attempt) => delayBefore(attempt, retry, chance))
  t.same(delays(0), [200, 400, 800, 1600, 3000, 3000])
  t.same(delays(1), [100, 200, 400, 800, 1500, 1500])
})

test('attempts are counted anew after progress', async (t) => {
  const retry = { attempts: 3, firstDelay: 0, maxDelay: 0, onRetry: undefined }
  let count = 0
  const failing = (until: number) => async (progressed: () => void) => {
    count += 1
    if (count <= until) progressed()
    throw new Error(`attempt ${count}`)
  }
  const always = () => true
  t.equal((await failureOf(retrying(retry, undefined, failing(0), always))).message, 'attempt 3')
  count = 0
  t.equal((await failureOf(retrying(retry, undefined, failing(4), always))).message, 'attempt 6')
  count = 0
  t.equal((await failureOf(retrying(retry, undefined, failing(9), () => false))).message, 'attempt 1')
  const stop = new AbortController()
  const waiting = retrying(
    { ...retry, firstDelay: 1e6, maxDelay: 1e6, onRetry: undefined },
    stop.signal,
    failing(0),
    always,
  )
  stop.abort()
  t.equal((await failureOf(waiting)).code, 'cancelled')
})

test('times as they are sent', async (t) => {
  t.equal(secondsOf(1_700_000_000_123_456_789n), '1700000000.123456')
  t.equal(secondsOf(5n), '0.000000')
  t.equal(secondsOf(-1n), undefined)
})

test('a meter adds up files', async (t) => {
  const seen: Progress[] = []
  const meter = new Meter((each) => seen.push(each), 2)
  meter.totalBytes = 30
  const [one, two] = [meter.file('/1', 10), meter.file('/2', 20)]
  one.add(6)
  two.add(5)
  one.at(0)
  one.at(10)
  one.finish()
  two.digest(7)
  t.same(
    seen.map(({ path, phase, done, bytes, files }) => [path, phase, done, bytes, files]),
    [
      ['/1', 'transfer', 6, 6, 0],
      ['/2', 'transfer', 5, 11, 0],
      ['/1', 'transfer', 0, 5, 0],
      ['/1', 'transfer', 10, 15, 0],
      ['/1', 'transfer', 10, 15, 1],
      ['/2', 'digest', 7, 15, 1],
    ],
  )
})

test('pieces of any size are written where they belong', async (t) => {
  const local = await here(t)
  const handle = await open(local('f'), 'w+')
  const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc((i * 7919) % 30_000, i))
  const sink = new Sink(handle, 100)
  for (const piece of pieces) await sink.add(piece)
  await sink.flush()
  await handle.close()
  const all = Buffer.concat(pieces)
  t.equal(sink.written, 100 + all.length)
  t.ok(fs.readFileSync(local('f')).subarray(100).equals(all))
  const closed = new Sink(handle, 0)
  await closed.add(Buffer.alloc(1))
  t.equal((await failureOf(closed.flush())).code, 'EBADF')
})

test('notes', async (t) => {
  const local = await here(t)
  const about = ['download', 'http://a/', 5]
  const note = new Note<{ x: number }>(local('state'), about)
  t.equal(await note.read(), undefined)
  await note.write({ x: 1 })
  t.same(await new Note<{ x: number }>(local('state'), about).read(), { x: 1 })
  t.equal(await new Note(local('state'), [...about, 6]).read(), undefined)
  t.equal(fs.statSync(local('state')).mode & 0o777, 0o700)
  const [name = ''] = fs.readdirSync(local('state'))
  fs.utimesSync(local('state', name), 0, 0)
  fs.writeFileSync(local('state', 'mine'), '')
  fs.utimesSync(local('state', 'mine'), 0, 0)
  const other = new Note<{ x: number }>(local('state'), ['other'])
  await other.write({ x: 2 })
  t.equal(await note.read(), undefined, 'what is old is removed')
  t.ok(fs.existsSync(local('state', 'mine')), 'and nothing else')
  await other.remove()
  fs.writeFileSync(local('file'), '')
  await new Note<{ x: number }>(local('file', 'x'), about).write({ x: 1 })
  fs.writeFileSync(local('state', name), '{')
  t.equal(await note.read(), undefined, 'what cannot be read counts as nothing')
  const none = new Note<{ x: number }>(undefined, about)
  await none.write({ x: 1 })
  t.equal(await none.read(), undefined)
})

test('a few at a time, until one fails', async (t) => {
  let running = 0
  let most = 0
  const done: number[] = []
  const work = async (item: number) => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    if (item === 7) throw new Error('seven')
    done.push(item)
  }
  await eachOf([1, 2, 3, 4, 5], 2, undefined, work)
  t.equal(most, 2)
  t.same(done, [1, 2, 3, 4, 5])
  t.equal((await failureOf(eachOf([6, 7, 8, 9, 10, 11, 12], 2, undefined, work))).message, 'seven')
  t.notOk(done.includes(12))
})
