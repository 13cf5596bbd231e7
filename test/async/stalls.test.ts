/** When a thread counts as held up by a disk: clocks made up for the test, and real ones. */
import fs from 'node:fs'
import t from 'tap'
import { Stretch, scheduled } from '../../src/async/stalls.ts'

/** A thread that runs, stands still or waits for a processor, as the test says; milliseconds. */
class Thread {
  time = 0
  ran = 0
  asked = 0
  readonly told: boolean

  constructor(told = true) {
    this.told = told
  }

  now(): number {
    return this.time
  }

  scheduled(): number | undefined {
    this.asked += 1
    return this.told ? this.ran : undefined
  }

  run(time: number): void {
    this.time += time
    this.ran += time
  }

  /** The kernel counts this with what it has run: neither is the disk's. */
  waitForProcessor = this.run

  standStill(time: number): void {
    this.time += time
  }
}

t.test('a quick disk: nobody is asked but the clock', async (t) => {
  const thread = new Thread()
  const stretch = new Stretch(1, thread)
  stretch.begin(false)
  for (let file = 0; file < 30; file += 1) {
    t.notOk(stretch.heldUp())
    thread.run(0.5)
  }
  t.equal(thread.asked, 0)
})

t.test('a slow disk is seen behind the second file, and for a while behind the first', async (t) => {
  const thread = new Thread()
  const stretch = new Stretch(1, thread)
  stretch.begin(false)
  const answers = [0, 1, 2].map(() => {
    const held = stretch.heldUp()
    thread.standStill(5)
    return held
  })
  t.strictSame(answers, [false, false, true])
  stretch.begin(true)
  t.notOk(stretch.heldUp(), 'nothing yet')
  thread.standStill(5)
  t.ok(stretch.heldUp())
  thread.time += 2000
  stretch.begin(false)
  stretch.heldUp()
  thread.standStill(5)
  t.notOk(stretch.heldUp(), 'too long ago')
})

t.test('files that come one by one: a slow disk is seen all the same', async (t) => {
  const thread = new Thread()
  const stretch = new Stretch(1, thread)
  /** Whether it does the file, and whether the disk is slow behind it. */
  const one = (anyway: boolean, time: number) => {
    stretch.begin(anyway)
    const does = !stretch.heldUp()
    if (does) thread.standStill(time)
    return [does, stretch.heldUp()]
  }
  t.strictSame(one(false, 20), [true, false], 'the first does not count')
  t.strictSame(one(false, 20), [true, true])
  t.strictSame(one(false, 20), [false, true], 'it gives back what it had been given before that was known')
  t.strictSame(one(false, 20), [false, true])
  t.strictSame(one(true, 20), [true, true], 'this it is to do anyway')
  t.strictSame(one(true, 0.1), [true, false], 'quick again')
  t.strictSame(one(false, 20), [true, true])
  thread.time += 2000
  t.strictSame(one(false, 0.1), [true, false], 'that was long ago')
})

t.test('a thread that waits for a processor is not held up', async (t) => {
  const thread = new Thread()
  const stretch = new Stretch(1, thread)
  for (let batch = 0; batch < 10; batch += 1) {
    stretch.begin(false)
    for (let file = 0; file < 5; file += 1) {
      t.notOk(stretch.heldUp())
      thread.waitForProcessor(20)
    }
  }
})

t.test('where the kernel does not tell, all of the time counts', async (t) => {
  const thread = new Thread(false)
  const stretch = new Stretch(1, thread)
  stretch.begin(false)
  t.notOk(stretch.heldUp())
  thread.run(3)
  t.ok(stretch.heldUp())
})

t.test('whoever begins does a file at least, however long it took to begin', async (t) => {
  const thread = new Thread()
  const stretch = new Stretch(1, {
    now: () => thread.now(),
    scheduled: () => {
      thread.standStill(60)
      return thread.scheduled()
    },
  })
  for (let batch = 0; batch < 5; batch += 1) {
    stretch.begin(false)
    t.notOk(stretch.heldUp())
    thread.run(0.1)
    t.notOk(stretch.heldUp(), 'what it takes to ask is no disk')
    thread.standStill(5)
  }
})

t.test('what the kernel tells', async (t) => {
  t.equal(scheduled('428145000 10596493 7\n'), 438.741493)
  t.equal(scheduled(''), undefined)
  t.equal(scheduled('what is this'), undefined)
  if (fs.existsSync('/proc/thread-self/schedstat')) {
    const own = scheduled(fs.readFileSync('/proc/thread-self/schedstat', 'latin1')) as number
    t.ok(own > 0 && own < performance.now() * 2, 'of this thread')
  }
})
