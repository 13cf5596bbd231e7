import t from 'tap'
import { type Child, type Nursery, Supervised } from '../../src/core/supervised.ts'

/** A child that does what the test says, and what it was asked for. */
class ScriptedChild implements Child {
  readonly asked: string[] = []
  serve = () => {}
  fail = (_: Error) => {}
  leave = (_?: string) => {}
  readonly ready = new Promise<void>((resolve, reject) => {
    this.serve = resolve
    this.fail = reject
  })
  readonly ended = new Promise<string | undefined>((resolve) => {
    this.leave = resolve
  })
  stop = () => void this.asked.push('stop')
  end = () => void this.asked.push('end')
}

class ScriptedNursery implements Nursery<ScriptedChild> {
  readonly kind = 'thread'
  readonly children: ScriptedChild[] = []
  readonly told: string[] = []
  readonly planned: { delay: number; action: () => void }[] = []
  time = 0
  launch = () => {
    const child = new ScriptedChild()
    this.children.push(child)
    return child
  }
  now = () => this.time
  later = (delay: number, action: () => void) => {
    const plan = { delay, action }
    this.planned.push(plan)
    return () => void this.planned.splice(this.planned.indexOf(plan), 1)
  }
  tell = (sentence: string) => void this.told.push(sentence)
  /** Lets what is settled be noticed. */
  settled = () => new Promise((resolve) => setImmediate(resolve))
  get last(): ScriptedChild {
    return this.children.at(-1) as ScriptedChild
  }
}

async function serving() {
  const nursery = new ScriptedNursery()
  const supervised = new Supervised(nursery)
  const started = supervised.start()
  nursery.last.serve()
  await started
  return { nursery, supervised }
}

t.test('one that ends by mistake is started again, and later each time', async (t) => {
  const { nursery } = await serving()
  nursery.last.leave('out of memory')
  await nursery.settled()
  t.strictSame(nursery.told, [
    'a thread has ended by mistake, and its connections with it: out of memory. Another starts in 100 ms.',
  ])
  t.equal(nursery.children.length, 1)
  t.equal(nursery.planned[0]?.delay, 100)
  nursery.planned[0]?.action()
  t.equal(nursery.children.length, 2)
  nursery.last.fail(new Error('no such directory.'))
  nursery.last.leave()
  await nursery.settled()
  t.match(nursery.told[1], /: no such directory\. Another starts in 200 ms\.$/)
  nursery.planned[1]?.action()
  nursery.last.serve()
  nursery.last.leave()
  await nursery.settled()
  t.match(nursery.told[2], /: it does not say why\. Another starts in 400 ms\.$/)
})

t.test('one that cannot start at all is not started again', async (t) => {
  const nursery = new ScriptedNursery()
  const supervised = new Supervised(nursery)
  const started = supervised.start()
  nursery.last.fail(new Error('no such directory.'))
  nursery.last.leave()
  await t.rejects(started, { message: 'no such directory' })
  await supervised.closed
  t.strictSame([nursery.children.length, nursery.told], [1, []])
})

t.test('stopping asks it once, and waits for its end', async (t) => {
  const { nursery, supervised } = await serving()
  supervised.stop()
  supervised.stop()
  supervised.end()
  t.strictSame(nursery.last.asked, ['stop', 'end'])
  nursery.last.leave()
  await supervised.closed
  t.strictSame([nursery.told, nursery.planned], [[], []])
  supervised.end()
  t.strictSame(nursery.last.asked, ['stop', 'end'], 'there is nobody left to ask')
})

t.test('stopping while none runs', async (t) => {
  const { nursery, supervised } = await serving()
  nursery.last.leave()
  await nursery.settled()
  supervised.stop()
  await supervised.closed
  t.strictSame([nursery.planned, nursery.children.length], [[], 1], 'and none is started any more')
})
