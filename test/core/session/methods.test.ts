/** What each method does, on a file system in memory. */
import t from 'tap'
import { defaultLimits, type Limits } from '../../../src/core/limits.ts'
import type { Access } from '../../../src/core/policy.ts'
import { answerTo } from '../../../src/core/session/answer.ts'
import type { Method } from '../../../src/core/session/messages.ts'
import { Place } from '../../../src/core/session/methods.ts'
import { reading } from '../../fixtures/access.ts'
import { converse } from '../../fixtures/converse.ts'
import { fifo, link, MemoryFiles } from '../../fixtures/memory.ts'
import { textOf } from '../../fixtures/request.ts'
import { run, siteOn } from '../../fixtures/site.ts'

const tree = () =>
  new MemoryFiles()
    .outside({ secret: 'CANARY' })
    .tree({ a: 'aaa', docs: { b: 'bb', deep: { c: 'c' } }, in: link('docs'), out: link('../secret'), queue: fifo() })

/** A session that is asked by method and parameters. */
function session(memory = tree(), details: { everybody?: Access; limits?: Partial<Limits> } = {}) {
  const site = siteOn(memory, details)
  const place = new Place(site, site.accounts.everybody)
  let reading: boolean | undefined
  const ask = (method: Method, params?: object): unknown => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const { message, mistake } = run(
      answerTo(place, text, (reads) => {
        reading = reads
      }),
      memory,
    )
    if (mistake !== undefined) throw mistake
    if (memory.openCount > 0 || memory.mistakes.length > 0) throw new Error(`${memory.openCount} ${memory.mistakes}`)
    const answer = message as { result?: unknown; error?: { data: { code: string } } }
    return answer.result ?? answer.error?.data.code
  }
  return {
    memory,
    ask,
    get reading() {
      return reading
    },
  }
}

const modified = '2023-11-14T22:13:20.123Z'

t.test('hello', async (t) => {
  const { ask } = session(tree(), { limits: { pageEntries: 7 } })
  ask('cd', { path: 'docs' })
  const all = { read: true, upload: true, create: true, move: true, copy: true, overwrite: true, delete: true }
  const { messageBytes, messageFragments, messageTime, frameRate, controlRate, pingInterval } = defaultLimits
  t.strictSame(ask('hello'), {
    protocol: 'twinserve.v1',
    path: '/docs',
    rights: all,
    methods: ['hello', 'pwd', 'cd', 'list', 'stat', 'mkdir', 'rmdir', 'remove', 'move', 'copy', 'rename'],
    limits: { messageBytes, messageFragments, messageTime, frameRate, controlRate, pingInterval, pageEntries: 7 },
  })
  const { rights } = session(tree(), { everybody: reading }).ask('hello') as { rights: object }
  t.strictSame(rights, {
    read: true,
    upload: false,
    create: false,
    move: false,
    copy: false,
    overwrite: false,
    delete: false,
  })
})

t.test('pwd and cd', async (t) => {
  const { ask, memory } = session()
  t.strictSame(ask('pwd'), { path: '/' })
  t.strictSame(ask('cd', { path: 'docs/deep' }), { path: '/docs/deep' })
  t.strictSame(ask('pwd'), { path: '/docs/deep' })
  t.strictSame(ask('cd', { path: '..' }), { path: '/docs' })
  const refused: readonly (readonly [path: string, code: string])[] = [
    ['none', 'not_found'],
    ['b', 'not_directory'],
    ['b/c', 'not_directory'],
    ['../queue', 'not_directory'],
    ['../out', 'link_refused'],
    ['../..', 'bad_name'],
    ['', 'bad_name'],
    ['/.twinserve', 'reserved'],
  ]
  for (const [path, code] of refused) {
    t.equal(ask('cd', { path }), code, path)
    t.strictSame(ask('pwd'), { path: '/docs' }, 'it stays where it is')
  }
  t.strictSame(ask('cd', { path: '/in' }), { path: '/in' }, 'a link that stays inside')
  t.strictSame(ask('list'), {
    path: '/in',
    entries: [
      { name: 'b', kind: 'file', size: 2, modified },
      { name: 'deep', kind: 'directory', modified },
    ],
    total: 2,
  })
  t.strictSame(ask('cd', { path: '..' }), { path: '/' }, '.. goes back to where the link is')
  ask('cd', { path: 'docs' })
  memory.take('docs')
  t.strictSame(ask('pwd'), { path: '/docs' })
  t.strictSame(
    [ask('list'), ask('stat', { path: 'b' }), ask('mkdir', { path: 'x' }), ask('cd', { path: '.' })],
    ['not_found', 'not_found', 'no_parent', 'not_found'],
    'a directory that has vanished',
  )
  t.strictSame(ask('cd', { path: '/' }), { path: '/' })
})

t.test('list', async (t) => {
  const { ask } = session(tree(), { limits: { pageEntries: 3 } })
  t.strictSame(ask('list'), {
    path: '/',
    entries: [
      { name: 'a', kind: 'file', size: 3, modified },
      { name: 'docs', kind: 'directory', modified },
      { name: 'in', kind: 'link', size: 4, modified, target: 'directory' },
    ],
    total: 5,
    next: 'in',
  })
  t.strictSame(ask('list', { after: 'in', limit: 100 }), {
    path: '/',
    entries: [
      { name: 'out', kind: 'link', size: 9, modified, reachable: false },
      { name: 'queue', kind: 'other', size: 0, modified, reachable: false },
    ],
    total: 5,
  })
  t.match(ask('list', { limit: 1 }), { entries: [{ name: 'a' }], next: 'a' })
  t.match(ask('list', { path: 'docs' }), { path: '/docs', total: 2 })
  t.strictSame(
    [ask('list', { path: 'a' }), ask('list', { path: 'none' }), ask('list', { path: 'out' })],
    ['not_directory', 'not_found', 'link_refused'],
  )
})

t.test('stat', async (t) => {
  const { ask, memory } = session()
  const etag = converse([Buffer.from(textOf('HEAD /a HTTP/1.1'))], { tree: { a: 'aaa' }, methods: ['HEAD'] }).answers[0]
  t.strictSame(ask('stat', { path: 'a' }), {
    path: '/a',
    name: 'a',
    kind: 'file',
    size: 3,
    modified,
    etag: etag?.fields.get('etag'),
  })
  t.strictSame(ask('stat', { path: '/' }), { path: '/', name: '', kind: 'directory', modified })
  t.strictSame(ask('stat', { path: 'docs' }), { path: '/docs', name: 'docs', kind: 'directory', modified })
  t.strictSame(ask('stat', { path: 'in' }), {
    path: '/in',
    name: 'in',
    kind: 'link',
    size: 4,
    modified,
    target: 'directory',
  })
  t.strictSame(ask('stat', { path: 'in/' }), { path: '/in', name: 'in', kind: 'directory', modified })
  t.match(ask('stat', { path: 'out' }), { kind: 'link', reachable: false })
  t.match(ask('stat', { path: 'queue' }), { kind: 'other', reachable: false })
  t.strictSame(
    [
      ask('stat', { path: 'a/' }),
      ask('stat', { path: 'none' }),
      ask('stat', { path: 'a/b' }),
      ask('stat', { path: 'out/' }),
    ],
    ['not_directory', 'not_found', 'not_found', 'link_refused'],
  )
  memory.node('a').mtimeNs = 10n ** 25n
  t.match(ask('stat', { path: 'a' }), { modified: '+275760-09-13T00:00:00.000Z' }, 'a time that no calendar has')
  memory.node('a').mtimeNs = -(10n ** 25n)
  t.match(ask('stat', { path: 'a' }), { modified: '-271821-04-20T00:00:00.000Z' })
})

t.test('mkdir, rmdir and remove', async (t) => {
  const { ask, memory } = session()
  t.strictSame(ask('mkdir', { path: 'docs/new/' }), { path: '/docs/new' })
  t.strictSame(
    [ask('mkdir', { path: 'docs' }), ask('mkdir', { path: 'x/y' }), ask('mkdir', { path: '/' })],
    ['exists', 'no_parent', 'exists'],
  )
  t.strictSame(ask('rmdir', { path: 'docs/new' }), { path: '/docs/new' })
  t.strictSame(
    [
      ask('rmdir', { path: 'docs' }),
      ask('rmdir', { path: 'a' }),
      ask('rmdir', { path: 'none' }),
      ask('rmdir', { path: '/' }),
    ],
    ['not_empty', 'not_directory', 'not_found', 'not_allowed'],
  )
  t.strictSame(ask('remove', { path: 'out' }), { path: '/out' })
  t.ok(memory.has('../secret'), 'the link itself is removed')
  t.strictSame(
    [
      ask('remove', { path: 'docs' }),
      ask('remove', { path: 'docs', recursive: false }),
      ask('remove', { path: 'none' }),
    ],
    ['is_directory', 'is_directory', 'not_found'],
  )
  t.strictSame(ask('remove', { path: 'docs', recursive: true }), { path: '/docs' })
  t.strictSame(ask('remove', { path: 'a', recursive: true }), { path: '/a' })
  t.strictSame(Object.keys(memory.snapshot()), ['in', 'queue'])
})

t.test('move, copy and rename', async (t) => {
  const { ask, memory } = session()
  t.strictSame(ask('move', { from: 'a', to: 'docs' }), { from: '/a', to: '/docs/a', replaced: false }, 'into')
  t.strictSame(ask('copy', { from: 'docs/a', to: 'new' }), { from: '/docs/a', to: '/new', replaced: false })
  t.strictSame(ask('copy', { from: 'docs/deep', to: '/' }), { from: '/docs/deep', to: '/deep', replaced: false })
  t.strictSame(ask('rename', { from: 'new', to: 'newer' }), { from: '/new', to: '/newer', replaced: false })
  t.strictSame(
    [
      ask('rename', { from: 'newer', to: 'docs' }),
      ask('move', { from: 'newer', to: 'docs/b' }),
      ask('copy', { from: 'newer', to: 'docs/b', overwrite: false }),
      ask('move', { from: 'none', to: 'x' }),
      ask('move', { from: 'newer', to: 'x/y' }),
      ask('move', { from: 'docs', to: 'docs/deep' }),
      ask('copy', { from: 'newer', to: '../x' }),
      ask('rename', { from: '.', to: 'x' }),
    ],
    ['exists', 'exists', 'exists', 'not_found', 'no_parent', 'into_itself', 'bad_name', 'not_allowed'],
  )
  t.strictSame(ask('move', { from: 'newer', to: 'docs/b', overwrite: true }), {
    from: '/newer',
    to: '/docs/b',
    replaced: true,
  })
  t.match(memory.snapshot(), { docs: { a: 'aaa', b: 'aaa', deep: { c: 'c' } }, deep: { c: 'c' } })
})

t.test('the policy is asked', async (t) => {
  const { ask, memory } = session(tree(), { everybody: reading })
  const before = memory.snapshot()
  const changes: readonly [Method, object][] = [
    ['mkdir', { path: 'x' }],
    ['rmdir', { path: 'docs/deep' }],
    ['remove', { path: 'a' }],
    ['move', { from: 'a', to: 'x' }],
    ['copy', { from: 'a', to: 'x' }],
    ['rename', { from: 'a', to: 'x' }],
  ]
  for (const [method, params] of changes) t.equal(ask(method, params), 'read_only', method)
  t.strictSame(memory.snapshot(), before)
  t.match(ask('list'), { total: 5 })
})

t.test('which of them only read', async (t) => {
  const s = session()
  for (const method of ['hello', 'pwd', 'cd', 'list', 'stat'] as const) {
    s.ask(method, method === 'cd' || method === 'stat' ? { path: '.' } : {})
    t.equal(s.reading, true, method)
  }
  for (const method of ['mkdir', 'rmdir', 'remove'] as const) {
    s.ask(method, { path: 'none/none' })
    t.equal(s.reading, false, method)
  }
  for (const method of ['move', 'copy', 'rename'] as const) {
    s.ask(method, { from: 'none', to: 'x' })
    t.equal(s.reading, false, method)
  }
})
