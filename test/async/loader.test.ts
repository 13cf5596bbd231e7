/**
 * File threads: how files are shared out among them, with threads made up for the test; and with real ones.
 */
import { EventEmitter, once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { Batch } from '../../src/async/file-thread.ts'
import { type FileWorker, Loader } from '../../src/async/loader.ts'
import { Slots } from '../../src/async/slots.ts'
import type { FileStatus } from '../../src/core/calls.ts'

const status: FileStatus = {
  kind: 'file',
  size: 3,
  mtimeNs: 1_700_000_000_123_456_789n,
  device: 5,
  inode: 7,
  permissions: 0o640,
}

/** A thread that does what the test says, when it says so. */
class Worker extends EventEmitter {
  readonly given: Batch[] = []
  ended = false
  private readonly slots: Slots

  constructor(memory: SharedArrayBuffer) {
    super()
    this.slots = new Slots(memory)
  }

  ref(): void {}
  unref(): void {}

  postMessage(message: Batch | 'end'): void {
    if (message === 'end') {
      this.ended = true
      this.emit('exit')
    } else {
      this.given.push(message)
      this.emit('given')
    }
  }

  ready(): void {
    this.emit('message', { done: [], left: [], slow: false })
  }

  /** The paths of a batch. */
  paths(batch: Batch): string[] {
    return batch.filter((part): part is string => typeof part === 'string')
  }

  /** Do the first so many files of a batch, and leave the others. */
  tell(batch: Batch, most = Infinity, slow = most < Infinity): void {
    const slots = batch.filter((_, at) => at % 3 === 1) as number[]
    const done = slots.slice(0, most)
    for (const slot of done) {
      this.slots.room(slot).write('abc')
      this.slots.tell(slot, status, -1, 3)
    }
    this.emit('message', { done, left: slots.slice(done.length), slow })
  }
}

function made(t: Test) {
  const workers: Worker[] = []
  const clocks = { time: 0, rested: 0, now: () => clocks.time, idle: () => clocks.rested }
  const loader = new Loader((memory) => {
    const worker = new Worker(memory)
    workers.push(worker)
    return worker as unknown as FileWorker
  }, clocks)
  t.teardown(() => loader.end())
  return { loader, workers, clocks }
}

const room = () => Buffer.alloc(64)

t.test('what is asked for in one turn goes together', async (t) => {
  const { loader, workers } = made(t)
  const [worker] = workers as [Worker]
  worker.ready()
  const answers = ['/a', '/b', '/c'].map((name) => loader.load(name, room()))
  await once(worker, 'given')
  t.equal(worker.given.length, 1)
  const [batch] = worker.given as [Batch]
  t.strictSame(worker.paths(batch), ['/a', '/b', '/c'])
  worker.tell(batch)
  t.strictSame(await Promise.all(answers), Array(3).fill({ status, fd: undefined, length: 3 }))
})

t.test('more than one batch holds waits until there is room', async (t) => {
  const { loader, workers } = made(t)
  const [worker] = workers as [Worker]
  worker.ready()
  const answers = Array.from({ length: 40 }, (_, at) => loader.load(`/${at}`, room()))
  await once(worker, 'given')
  t.equal(worker.paths(worker.given[0] as Batch).length, 32)
  worker.tell(worker.given[0] as Batch)
  t.equal(worker.paths(worker.given[1] as Batch).length, 8, 'as soon as the first is told of')
  worker.tell(worker.given[1] as Batch)
  await Promise.all(answers)
})

t.test('a slow disk: what is left goes to threads that have nothing to do, file by file', async (t) => {
  const { loader, workers } = made(t)
  const [worker] = workers as [Worker]
  worker.ready()
  const answers = ['/slow', '/b', '/c', '/d', '/e', '/f'].map((name) => loader.load(name, room()))
  await once(worker, 'given')
  worker.tell(worker.given[0] as Batch, 1)
  await answers[0]
  t.equal(workers.length, 4, 'as many as libuv has')
  const second = workers.map((each) => each.paths(each.given.at(-1) as Batch))
  t.strictSame(second, [['/b'], ['/c'], ['/d'], ['/e']])
  for (const each of workers) each.tell(each.given.at(-1) as Batch)
  const last = workers.find((each) => each.paths(each.given.at(-1) as Batch)[0] === '/f') as Worker
  last.tell(last.given.at(-1) as Batch)
  await Promise.all(answers)
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('a slow disk, and files that were given one by one', async (t) => {
  const { loader, workers } = made(t)
  const [worker] = workers as [Worker]
  worker.ready()
  const answers: Promise<unknown>[] = []
  for (const name of ['/slow', '/b', '/c']) {
    answers.push(loader.load(name, room()))
    await turn()
  }
  const [slow, second, third] = worker.given as [Batch, Batch, Batch]
  t.strictSame(
    [slow, second, third].map(([anyway]) => anyway),
    [false, false, false],
  )
  worker.tell(slow, 1)
  worker.tell(second, 0)
  t.strictSame(
    workers[1]?.given.map((batch) => [batch[0], ...worker.paths(batch)]),
    [[true, '/b']],
    'another does it',
  )
  worker.tell(third, 0)
  const [anyway, ...last] = worker.given[3] as Batch
  t.strictSame([anyway, last[1]], [true, '/c'], 'it has nothing else to do now')
  answers.push(loader.load('/d', room()))
  await turn()
  t.strictSame(workers.flatMap(({ given }) => given).filter(([anyway]) => anyway).length, 3, 'what comes later, too')
  for (const each of workers) for (const batch of each.given.filter(([anyway]) => anyway)) each.tell(batch)
  await Promise.all(answers)
})

t.test('a thread that is silent keeps its files; another takes what comes later', async (t) => {
  const { loader, workers, clocks } = made(t)
  const [worker] = workers as [Worker]
  worker.ready()
  const answers: Promise<unknown>[] = []
  const ask = async (name: string) => {
    answers.push(loader.load(name, room()))
    await turn()
  }
  const given = (at: number) => workers[at]?.given.flatMap((batch) => worker.paths(batch))
  await ask('/stuck')
  clocks.time += 6
  await ask('/b')
  clocks.time += 50
  clocks.rested += 5
  await ask('/c')
  t.strictSame(
    given(0),
    ['/stuck', '/b', '/c'],
    'the loop was busy: the thread may wait for no more than the processor',
  )
  clocks.rested += 1
  await ask('/d')
  t.strictSame(given(1), ['/d'])
  for (const each of workers) for (const batch of each.given) each.tell(batch)
  await Promise.all(answers)
})

t.test('a thread that is silent for very long is not waited for, however busy the loop is', async (t) => {
  const { loader, workers, clocks } = made(t)
  const [worker] = workers as [Worker]
  worker.ready()
  const stuck = loader.load('/stuck', room())
  await turn()
  clocks.time += 101
  const later = loader.load('/later', room())
  await turn()
  const [, second] = workers as [Worker, Worker]
  t.strictSame(second.paths(second.given[0] as Batch), ['/later'])
  for (const each of workers) for (const batch of each.given) each.tell(batch)
  await Promise.all([stuck, later])
})

t.test('a thread that dies: its files fail, and others are served', async (t) => {
  const { loader, workers } = made(t)
  const [worker] = workers as [Worker]
  worker.ready()
  const lost = loader.load('/a', room())
  await once(worker, 'given')
  worker.emit('error', new Error('out of memory'))
  await t.rejects(lost, { code: 'EIO' })
  const next = loader.load('/b', room())
  await turn()
  const second = workers[1] as Worker
  second.tell(second.given[0] as Batch)
  t.equal((await next).length, 3)
})

t.test('real threads', async (t) => {
  const at = t.testdir({ file: 'content' })
  // The threads are no reason for a process to go on: a server's listener is one, and here this.
  const listener = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(listener))
  const loader = new Loader()
  const into = Buffer.alloc(64)
  const { length, fd } = await loader.load(path.join(at, 'file'), into)
  t.equal(into.toString('latin1', 0, length), 'content')
  t.equal(fd, undefined)
  const open = await loader.load(path.join(at, 'file'), into.subarray(0, 7))
  t.equal(fs.readFileSync(open.fd as number, 'latin1'), 'content', 'a file that does not fit is left open')
  fs.closeSync(open.fd as number)
  await t.rejects(loader.load(path.join(at, 'none'), into), { code: 'ENOENT' })
  await loader.end()
})
