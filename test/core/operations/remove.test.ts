import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { type RemoveRequest, remove } from '../../../src/core/operations/remove.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { everything, reading } from '../../fixtures/access.ts'
import { directory, fifo, file, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'
import { failEachCall } from '../../fixtures/sweeps.ts'

function files(): MemoryFiles {
  return new MemoryFiles().outside({ beside: { x: 'x' } }).tree({
    file: 'x',
    dir: { a: 'a', deep: { b: 'b', out: link('../../../beside') } },
    empty: {},
    link: link('dir'),
    fifo: fifo(),
    disk: directory({ tree: { a: 'a', b: { c: 'c' } } }, { device: 2 }),
    fixed: directory({ tree: { a: 'a' }, file: 'x' }, { mode: 5 }),
  })
}

function request(path: string, details: Partial<RemoveRequest> = {}): RemoveRequest {
  return { path: path === '/' ? rootPath : pathFromText(path), kind: 'any', recursive: false, ...details }
}

function without(path: string): unknown {
  const memory = files()
  memory.take(path)
  return memory.snapshot()
}

t.test('what may be removed', async (t) => {
  const rows: readonly (readonly [path: string, kind: RemoveRequest['kind'], recursive: boolean, refusal?: string])[] =
    [
      ['/file', 'any', false],
      ['/file', 'file', true],
      ['/file', 'directory', false, 'not_directory'],
      ['/file/', 'any', false, 'not_directory'],
      ['/link', 'file', false],
      ['/link/', 'any', true, 'not_directory'],
      ['/fifo', 'any', false],
      ['/empty', 'any', false],
      ['/empty/', 'directory', false],
      ['/empty', 'file', false, 'is_directory'],
      ['/empty', 'any', true],
      ['/dir', 'any', false, 'ENOTEMPTY'],
      ['/dir', 'file', true, 'is_directory'],
      ['/dir', 'any', true],
      ['/dir/deep', 'directory', true],
      ['/dir/deep/out', 'any', true],
      ['/disk/tree', 'any', true],
      ['/disk', 'any', true, 'EBUSY'],
      ['/fixed/file', 'any', false, 'EACCES'],
      ['/none', 'any', true, 'not_found'],
      ['/none/none', 'any', true, 'ENOENT'],
      ['/', 'any', true, 'not_allowed'],
    ]
  for (const [path, kind, recursive, refusal] of rows) {
    const memory = files()
    const act = () => run(remove(siteOn(memory), everything, request(path, { kind, recursive })), memory)
    const what = `${path}, ${kind}, ${recursive ? '' : 'not '}recursive`
    if (refusal === undefined) act()
    else t.throws(act, { code: refusal }, what)
    t.strictSame(memory.snapshot(), refusal === undefined ? without(path) : files().snapshot(), what)
    t.strictSame(memory.surroundings(), files().surroundings())
    t.strictSame(memory.temporaries, {})
    t.equal(memory.openCount, 0)
  }
})

t.test('reading only', async (t) => {
  const memory = files()
  t.throws(() => run(remove(siteOn(memory), reading, request('/file')), memory), { code: 'read_only' })
  t.strictSame(memory.log, [])
})

t.test('by way of a link, in the directory it leads to', async (t) => {
  const memory = files()
  run(remove(siteOn(memory), everything, request('/link/deep', { recursive: true })), memory)
  t.strictSame(memory.snapshot(), without('/dir/deep'))
})

t.test('what belongs to the server, by way of a link', async (t) => {
  const memory = files().tree({ '.twinserve': { temporary: { part: 'x' } } })
  memory.put('top', link('.'))
  memory.put('dir/deep/up', link('../..'))
  for (const path of ['/top/.twinserve', '/dir/deep/up/.twinserve', '/top/.twinserve/temporary/part']) {
    t.throws(() => run(remove(siteOn(memory), everything, request(path, { recursive: true })), memory), {
      code: 'reserved',
    })
  }
  t.strictSame(memory.temporaries, { part: 'x' })
})

t.test('what the client asks of the state', async (t) => {
  const memory = files()
  const check: RemoveRequest['check'] = (seen) => {
    if (seen.size === 1) throw new Refusal('precondition_failed', '/file')
  }
  t.throws(() => run(remove(siteOn(memory), everything, request('/file', { check })), memory), {
    code: 'precondition_failed',
  })
  t.ok(memory.has('file'))
  memory.rewrite('file', 'other')
  run(remove(siteOn(memory), everything, request('/file', { check })), memory)
  t.notOk(memory.has('file'))
})

t.test('a tree goes at once: it is out of sight before the first of it is removed', async (t) => {
  const memory = files().before('unlink', 1, (m) => t.strictSame(m.snapshot(), without('/dir')))
  run(remove(siteOn(memory), everything, request('/dir', { recursive: true })), memory)
  const changes = memory.logOf('rename', 'unlink', 'rmdir', 'fsync')
  t.strictSame(
    changes.slice(0, 2),
    ['rename /dir /.twinserve/temporary/me.unique1', 'fsync /'],
    'even after a power cut',
  )
})

t.test('a tree whose disappearance the disk does not confirm is put back', async (t) => {
  const memory = files().failOn('fsync', 1, 'EIO')
  t.throws(() => run(remove(siteOn(memory), everything, request('/dir', { recursive: true })), memory), { code: 'EIO' })
  t.strictSame(memory.snapshot(), files().snapshot())
  t.strictSame(memory.temporaries, {})
})

t.test('once it is out of sight a tree is gone, whatever becomes of the rest', async (t) => {
  for (const name of ['unlink', 'rmdir'] as const) {
    const memory = files().failOn(name, 1, 'EIO')
    run(remove(siteOn(memory), everything, request('/dir', { recursive: true })), memory)
    t.strictSame(memory.snapshot(), without('/dir'), `${name} fails`)
    t.strictSame(Object.keys(memory.temporaries), ['me.unique1'], 'left for a later start')
    t.equal(memory.log.filter((line) => line === 'fsync /').length, 1, 'and the directory is flushed')
    t.equal(memory.openCount, 0)
  }
})

t.test('a tree that could be removed only in part is not touched', async (t) => {
  const rows: readonly (readonly [what: string, code: string, prepare: (memory: MemoryFiles) => void])[] = [
    ['a directory that cannot be read', 'EACCES', (m) => m.put('dir/deep/closed', directory({ x: 'x' }, { mode: 0 }))],
    ['a name that is not UTF-8', 'not_allowed', (m) => m.put('dir/deep/caf\udce9', file('x'))],
  ]
  for (const [what, code, prepare] of rows) {
    const memory = files()
    prepare(memory)
    const before = memory.snapshot()
    t.throws(
      () => run(remove(siteOn(memory), everything, request('/dir', { recursive: true })), memory),
      { code },
      what,
    )
    t.strictSame(memory.snapshot(), before, what)
  }
  for (const limits of [{ treeEntries: 3 }, { treeDepth: 1 }]) {
    const memory = files()
    const act = () => run(remove(siteOn(memory, { limits }), everything, request('/dir', { recursive: true })), memory)
    t.throws(act, { code: 'too_large' })
    t.strictSame(memory.snapshot(), files().snapshot())
  }
})

t.test('whatever fails: all of it, or nothing', async (t) => {
  const program = (path: string, recursive: boolean) => (site: Parameters<typeof remove>[0]) =>
    remove(site, site.accounts.everybody, request(path, { recursive }))
  const after = (path: string) => without(path) as ReturnType<MemoryFiles['snapshot']>
  failEachCall(t, { files, program: program('/dir/a', false), after: after('/dir/a') })
  failEachCall(t, { files, program: program('/empty', false), after: after('/empty') })
  // From EACCES of the rename on, a tree is removed where it is: with one failure alone, to its end.
  failEachCall(t, { files, program: program('/dir', true), after: after('/dir'), mayLeave: true })
})

t.test('a tree that cannot be moved out of sight is removed where it is', async (t) => {
  for (const [path, errno] of [
    ['/dir', 'EACCES'],
    ['/disk/tree', 'EXDEV'],
  ] as const) {
    const memory = files().failOn('rename', 1, errno)
    run(remove(siteOn(memory), everything, request(path, { recursive: true })), memory)
    t.strictSame(memory.snapshot(), without(path))
  }
  const memory = files().failOn('rename', 1, 'EACCES').failOn('unlink', 1, 'EIO')
  t.throws(
    () => run(remove(siteOn(memory), everything, request('/dir', { recursive: true })), memory),
    { code: 'EIO' },
    'and told to be, if not all goes',
  )
  t.equal(memory.openCount, 0)
})

t.test('something else has got the name while the tree was walked through', async (t) => {
  const memory = files().before('opendir', 1, (m) => {
    m.take('dir')
    m.put('dir', 'theirs')
  })
  const site = siteOn(memory)
  const act = () => run(remove(site, site.accounts.everybody, request('/dir', { recursive: true })), memory)
  t.throws(act, { code: 'changed' })
  t.equal((memory.snapshot() as { dir: unknown }).dir, 'theirs')
  t.equal(memory.openCount, 0)
})

t.test('the cache forgets what was removed, even if the end of it failed', async (t) => {
  const cached = { etag: '', modified: '', modifiedAt: 0, size: 0, type: '', extra: '', content: Buffer.alloc(0) }
  type Row = readonly [path: string, prepare: (memory: MemoryFiles) => void, left: string[]]
  const rows: readonly Row[] = [
    ['/dir', () => {}, []],
    ['/file', () => {}, ['/dir/a']],
    ['/file', (m) => m.failOn('fsync', 1, 'EIO'), ['/dir/a']],
  ]
  for (const [path, prepare, left] of rows) {
    const memory = files()
    const site = siteOn(memory, { cacheBytes: 10_000 })
    const paths = ['/file', '/dir/a']
    for (const each of paths) site.cache?.keep(each, cached, 0, site.cache.versionOf(each))
    prepare(memory)
    try {
      run(remove(site, site.accounts.everybody, request(path, { recursive: true })), memory)
    } catch {}
    t.strictSame(
      paths.filter((each) => site.cache?.fresh(each, 0) !== undefined),
      left,
      path,
    )
  }
})
