import t from 'tap'
import type { Directory } from '../../../src/core/calls.ts'
import { sweep, withTemporary } from '../../../src/core/files/temporary.ts'
import { call, type Program } from '../../../src/core/program.ts'
import { directory, fifo, file, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

/** Makes a directory of the name that it is given. */
function* made(directory: Directory, name: string): Program<string> {
  yield* call('mkdir', directory, name)
  return name
}

t.test('a place for temporaries is made where there is none', async (t) => {
  for (const tree of [{}, { '.twinserve': {} }, { '.twinserve': { temporary: { 'of another': 'x' } } }]) {
    const memory = new MemoryFiles().tree(tree)
    const site = siteOn(memory)
    const names = [1, 2].map(() => run(withTemporary(site, made), memory))
    t.strictSame(names, ['me.unique1', 'me.unique2'])
    t.match(memory.temporaries, { 'me.unique1': {}, 'me.unique2': {} })
    t.equal(memory.openCount, 0)
  }
})

t.test('another may make it at the same time', async (t) => {
  const memory = new MemoryFiles()
  memory.before('mkdir', 1, (m) => m.put('.twinserve', {}))
  memory.before('mkdir', 2, (m) => m.put('.twinserve/temporary', {}))
  t.equal(run(withTemporary(siteOn(memory), made), memory), 'me.unique1')
  t.equal(memory.openCount, 0)
})

t.test('what fails is told, and nothing stays open', async (t) => {
  const boom = function* (): Program<void> {
    yield* call('readlink', memory.root, 'none')
  }
  const memory = new MemoryFiles()
  t.throws(() => run(withTemporary(siteOn(memory), boom), memory), { code: 'ENOENT' })
  t.equal(memory.openCount, 0)
  for (const [name, nth, errno] of [
    ['openDirectory', 1, 'EMFILE'],
    ['mkdir', 1, 'EACCES'],
    ['openDirectory', 2, 'EMFILE'],
    ['openDirectory', 3, 'EMFILE'],
    ['mkdir', 2, 'ENOSPC'],
  ] as const) {
    const failing = new MemoryFiles().failOn(name, nth, errno)
    t.throws(() => run(withTemporary(siteOn(failing), boom), failing), { code: errno }, `${name} ${nth}`)
    t.equal(failing.openCount, 0)
  }
})

t.test('a link in the place of the directory is not followed', async (t) => {
  const memory = new MemoryFiles().outside({ elsewhere: {} }).tree({ '.twinserve': link('../elsewhere') })
  t.throws(() => run(withTemporary(siteOn(memory), made), memory), { code: 'ENOTDIR' })
  t.strictSame(memory.surroundings(), { elsewhere: {} })
})

const hour = 3_600_000_000_000n

t.test('a start removes what has been left for more than an hour', async (t) => {
  const memory = new MemoryFiles()
  const old = { mtimeNs: memory.clock - hour - 1_000_000n }
  const young = { mtimeNs: memory.clock - hour }
  memory.tree({
    stays: file('not a temporary', old),
    '.twinserve': {
      other: file('not a temporary', old),
      temporary: {
        file: file('x', old),
        tree: directory({ inner: { deep: 'young, in an old one' } }, old),
        young: file('x', young),
        'young tree': directory({ old: file('x', old) }, young),
        'no name \udc80': file('x', old),
        pipe: fifo(),
      },
    },
  })
  memory.node('.twinserve/temporary/pipe').mtimeNs = old.mtimeNs
  const site = siteOn(memory)
  run(sweep(site), memory)
  t.strictSame(Object.keys(memory.temporaries), ['no name \udc80', 'young', 'young tree'])
  t.ok(memory.has('stays') && memory.has('.twinserve/other'))
  t.equal(memory.openCount, 0)
})

t.test('a start removes at once what a process that has ended has left, and nothing of one that runs', async (t) => {
  const memory = new MemoryFiles()
  memory.owners.set('ended', 'ended')
  const ancient = { mtimeNs: 0n }
  memory.tree({
    '.twinserve': {
      temporary: {
        'ended.1': 'young',
        'ended.2': { inner: 'young' },
        'me.1': file('x', ancient),
        'far.1': 'young',
        'far.2': file('x', ancient),
      },
    },
  })
  run(sweep(siteOn(memory)), memory)
  t.strictSame(Object.keys(memory.temporaries), ['far.1', 'me.1'])
  t.equal(memory.openCount, 0)
})

t.test('what cannot be removed does not keep the rest', async (t) => {
  const left = () => {
    const memory = new MemoryFiles()
    const old = { mtimeNs: 0n }
    const temporary = { a: file('x', old), tree: directory({ x: 'x' }, old), b: file('x', old) }
    return memory.tree({ '.twinserve': { temporary } })
  }
  for (const [name, nth, stays] of [
    ['unlink', 1, ['b']],
    ['unlink', 2, ['tree']],
    ['openDirectory', 3, ['tree']],
    ['unlink', 3, ['a']],
  ] as const) {
    const memory = left().failOn(name, nth, 'EACCES')
    run(sweep(siteOn(memory)), memory)
    t.strictSame(Object.keys(memory.temporaries), stays, `${name} ${nth}`)
    t.equal(memory.openCount, 0)
  }
})

t.test('a start never fails for it, and makes nothing', async (t) => {
  const none = new MemoryFiles()
  run(sweep(siteOn(none)), none)
  t.notOk(none.has('.twinserve'))
  for (const call of ['openDirectory', 'opendir', 'readdir'] as const) {
    const memory = new MemoryFiles().tree({ '.twinserve': { temporary: { x: file('x', { mtimeNs: 0n }) } } })
    memory.failOn(call, 1, 'EIO')
    run(sweep(siteOn(memory)), memory)
    t.strictSame(memory.temporaries, { x: 'x' })
    t.equal(memory.openCount, 0)
  }
})
