import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { usage } from '../../../src/core/files/usage.ts'
import type { ByteSource } from '../../../src/core/http/body.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import type { MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'
import { add, begun, broken, checksumOf, content, inState, siteOf, stand, stateIn } from '../../fixtures/uploads.ts'

const half = content.slice(0, 12)
const rest = content.slice(12)
const more = rest.slice(0, 5)
const owners = { old: 'ended', busy: 'running', far: 'unknown' } as const

t.test('from every state', async (t) => {
  type Row = readonly [what: string, before: Tree, offset: number, after: Tree]
  const grown = (to: number, part = 0) => ({ [`free.${to}.${part}`]: '' })
  const rows: readonly Row[] = [
    ['new', { 'free.0.0': '', 'data.0.0': '' }, 0, { ...grown(5), 'data.0.0': more }],
    ['free', { 'free.12.0': '', 'data.0.0': half }, 12, { ...grown(17), 'data.0.0': half + more }],
    [
      'free, with bytes that do not count',
      { 'free.12.0': '', 'data.0.0': `${half}???????` },
      12,
      { ...grown(17), 'data.0.0': half + more },
    ],
    [
      'free, with fewer bytes than it says',
      { 'free.20.0': '', 'data.0.0': half },
      12,
      { ...grown(17), 'data.0.0': half + more },
    ],
    [
      'free, and the part not begun',
      { 'free.12.1': '', 'data.0.0': `${half}??` },
      12,
      { ...grown(17, 1), 'data.0.0': `${half}??`, 'data.1.12': more },
    ],
    [
      'held by one that ended',
      { 'held.7.0.grow.old.x': '', 'data.0.0': half },
      12,
      { ...grown(17), 'data.0.0': half + more },
    ],
    [
      'held by one that ended, with more bytes than announced',
      { 'held.7.0.checked.old.x': '', 'data.0.0': half },
      7,
      { ...grown(12), 'data.0.0': half.slice(0, 7) + more },
    ],
    [
      'held by one that ended before it began its part',
      { 'held.12.1.checked.old.x': '', 'data.0.0': `${half}??` },
      12,
      { ...grown(17, 1), 'data.0.0': `${half}??`, 'data.1.12': more },
    ],
    [
      'held by one that lost its part',
      { 'held.12.1.grow.old.x': '', 'data.0.0': `${half}??` },
      12,
      { ...grown(17, 1), 'data.0.0': `${half}??`, 'data.1.12': more },
    ],
    [
      'held by one that runs',
      { 'held.7.0.grow.busy.x': '', 'data.0.0': half },
      12,
      { ...grown(17, 1), 'data.0.0': half, 'data.1.12': more },
    ],
    [
      'held by one that runs, and checks',
      { 'held.7.0.checked.busy.x': '', 'data.0.0': half },
      7,
      { ...grown(12, 1), 'data.0.0': half, 'data.1.7': more },
    ],
    [
      'held by one of which nothing is known',
      { 'held.7.3.grow.far.x': '', 'data.0.0': half.slice(0, 7), 'data.3.7': half.slice(7) },
      12,
      { ...grown(17, 4), 'data.0.0': half.slice(0, 7), 'data.3.7': half.slice(7), 'data.4.12': more },
    ],
  ]
  for (const [what, before, offset, after] of rows) {
    for (const checksum of [false, true]) {
      const memory = inState(before, {}, owners)
      const site = siteOf(memory, 'me')
      t.equal(run(stand(site), memory).offset, offset, what)
      const bytes = what === 'new' ? half.slice(0, 5) : more
      const expected = what === 'new' ? { 'free.5.0': '', 'data.0.0': bytes } : after
      const done = run(add(site, offset, bytes, { checksum: checksum ? checksumOf(bytes) : undefined }), memory)
      t.equal(done, offset + 5, what)
      t.strictSame(stateIn(memory), expected, what)
      t.equal(memory.openCount, 0)
      t.strictSame(memory.mistakes, [])
    }
  }
})

t.test('states from which nothing can be added', async (t) => {
  type Row = readonly [what: string, before: Tree, code: string]
  const rows: readonly Row[] = [
    ['its bytes are missing', { 'free.12.0': '' }, 'upload_gone'],
    ['the beginning is missing', { 'free.12.1': '', 'data.1.7': 'abcde' }, 'upload_gone'],
    ['ended', { gone: '', 'data.0.0': half }, 'upload_gone'],
    ['no token', { 'data.0.0': half }, 'upload_gone'],
    ['two tokens', { 'free.12.0': '', 'free.13.0': '', 'data.0.0': half }, 'upload_locked'],
  ]
  for (const [what, before, code] of rows) {
    const memory = inState(before, {}, owners)
    t.throws(() => run(add(siteOf(memory, 'me'), 12, more), memory), { code }, what)
    t.equal(memory.openCount, 0)
  }
  const missing = begun()
  t.throws(() => run(add(siteOf(missing, 'me'), 12, more, { id: 'other' }), missing), { code: 'not_found' })
  const unread = begun()
  for (const info of ['{', 'x'.repeat(100_000)]) {
    unread.put('.twinserve/uploads/first1/info', info)
    t.throws(() => run(add(siteOf(unread, 'me'), 12, more), unread), { code: 'upload_gone' })
    t.equal(unread.openCount, 0)
  }
  unread.take('.twinserve/uploads/first1/info')
  t.throws(() => run(add(siteOf(unread, 'me'), 12, more), unread), { code: 'upload_gone' })
  const failing = begun().failOn('load', 1, 'EIO')
  t.throws(() => run(add(siteOf(failing, 'me'), 12, more), failing), { code: 'EIO' })
})

t.test('the order of things: taken, written, flushed, left, and that flushed', async (t) => {
  const at = '/.twinserve/uploads/first1'
  const memory = begun({}, {}, half)
  run(add(siteOf(memory, 'me'), 12, more), memory)
  t.strictSame(
    memory
      .logOf('open', 'rename', 'write', 'fsync', 'ftruncate', 'fstat')
      .filter((line) => !line.endsWith(`fstat ${at}`)),
    [
      `rename ${at}/free.12.0 ${at}/held.12.0.checked.me.me1`,
      `open ${at}/data.0.0 write`,
      `fstat ${at}/data.0.0`,
      `rename ${at}/held.12.0.checked.me.me1 ${at}/held.12.0.grow.me.me1`,
      `write ${at}/data.0.0 5 @12`,
      `fsync ${at}/data.0.0`,
      `rename ${at}/held.12.0.grow.me.me1 ${at}/free.17.0`,
      `fsync ${at}`,
    ],
  )
  const left = inState({ 'held.7.0.grow.old.x': '', 'data.0.0': half }, {}, owners)
  run(add(siteOf(left, 'me'), 12, more), left)
  t.strictSame(
    left.logOf('fsync', 'rename').slice(0, 2),
    [`fsync ${at}/data.0.0`, `rename ${at}/held.7.0.grow.old.x ${at}/held.12.0.checked.me.me1`],
    'what one that ended has not flushed is flushed before it is in a token',
  )
})

t.test('what cannot be added', async (t) => {
  const long = `${rest}#`
  type Row = readonly [what: string, make: (memory: MemoryFiles) => unknown, code: string, after?: Tree]
  const at = (memory: MemoryFiles) => siteOf(memory, 'me')
  const rows: readonly Row[] = [
    ['too early', (m) => run(add(at(m), 11, more), m), 'wrong_offset'],
    ['too late', (m) => run(add(at(m), 13, more), m), 'wrong_offset'],
    ['too long', (m) => run(add(at(m), 12, long, { length: long.length }), m), 'too_large'],
    ['too long, and not known before', (m) => run(add(at(m), 12, sourceOf(long)), m), 'too_large'],
    [
      'too long, in its last piece',
      (m) => run(add(at(m), 12, sourceOf(rest, '#')), m),
      'too_large',
      { 'free.12.0': '', 'data.0.0': content },
    ],
    ['wrong', (m) => run(add(at(m), 12, more, { checksum: checksumOf(rest) }), m), 'checksum_mismatch'],
    [
      'wrong, and too long',
      (m) => run(add(at(m), 12, sourceOf(rest, '#'), { checksum: checksumOf(rest) }), m),
      'too_large',
    ],
    [
      'checked, and broken off',
      (m) => run(add(at(m), 12, broken(more), { checksum: checksumOf(rest) }), m),
      'ECONNRESET',
    ],
    [
      'broken off',
      (m) => run(add(at(m), 12, broken(more)), m),
      'ECONNRESET',
      { 'free.17.0': '', 'data.0.0': half + more },
    ],
    [
      'too slow',
      (m) => run(add(at(m), 12, sourceOf(more, new Refusal('request_timeout'))), m),
      'request_timeout',
      { 'free.17.0': '', 'data.0.0': half + more },
    ],
  ]
  for (const [what, make, code, after] of rows) {
    const memory = begun({}, {}, half)
    t.throws(() => make(memory), { code }, what)
    t.strictSame(stateIn(memory), after ?? { 'free.12.0': '', 'data.0.0': half }, what)
    t.equal(memory.openCount, 0)
    run(
      add(
        siteOf(memory, 'next'),
        after === undefined || code === 'too_large' ? 12 : 17,
        code === 'too_large' || after === undefined ? rest : rest.slice(5),
      ),
      memory,
    )
    t.equal(memory.snapshot().new, content, `${what}: it can be gone on with`)
  }
})

t.test('a file system that fails', async (t) => {
  const full = begun({}, {}, half).failOn('write', 2, 'ENOSPC')
  t.throws(() => run(add(siteOf(full, 'me'), 12, rest), full), { code: 'ENOSPC' })
  t.strictSame(stateIn(full), { 'free.17.0': '', 'data.0.0': half + more }, 'what was written counts')

  const short = begun({}, {}, half)
  short.mostWritten = 3
  t.equal(run(add(siteOf(short, 'me'), 12, rest), short), content.length)
  t.equal(short.snapshot().new, content)

  const unflushed = begun({}, {}, half).failOn('fsync', 1, 'EIO')
  t.throws(() => run(add(siteOf(unflushed, 'me'), 12, more), unflushed), { code: 'EIO' })
  t.strictSame(stateIn(unflushed), { 'free.12.0': '', 'data.0.0': half + more }, 'what is not on disk does not count')

  const stuck = begun({}, {}, half).failOn('fsync', 1, 'EIO').failOn('rename', 3, 'EIO')
  t.throws(() => run(add(siteOf(stuck, 'me'), 12, more), stuck), { code: 'EIO' })
  t.match(Object.keys(stateIn(stuck)), ['data.0.0', 'held.12.0.grow.me.me1'])
  t.equal(run(stand(siteOf(stuck, 'other')), stuck).offset, 17)

  const closed = begun({}, {}, half).failOn('open', 1, 'EMFILE')
  t.throws(() => run(add(siteOf(closed, 'me'), 12, more), closed), { code: 'EMFILE' })
  t.strictSame(stateIn(closed), { 'free.12.0': '', 'data.0.0': half })

  const uncut = begun({}, {}, half).failOn('ftruncate', 1, 'EIO')
  const checksum = checksumOf(rest)
  t.throws(() => run(add(siteOf(uncut, 'me'), 12, more, { checksum }), uncut), { code: 'checksum_mismatch' })
  t.strictSame(stateIn(uncut), { 'free.12.0': '', 'data.0.0': half + more })
})

t.test('what comes is gathered, and what has been gathered is written, whatever ends it', async (t) => {
  const pieces = ['from ', 'the ', 'network']
  const written = pieces.join('')
  const failures: readonly (readonly [source: ByteSource, room: number, code: string])[] = [
    [broken(...pieces), 1000, 'ECONNRESET'],
    [sourceOf(...pieces, new Refusal('request_timeout')), 1000, 'request_timeout'],
    [sourceOf(...pieces, 'more'), written.length, 'quota_exceeded'],
  ]
  for (const [source, room, code] of failures) {
    const memory = begun()
    memory.mostWritten = Number.POSITIVE_INFINITY
    const quota = run(usage(siteOf(memory, 'other')), memory) + room
    t.throws(() => run(add(siteOf(memory, 'me', { quota }), 0, source), memory), { code })
    t.strictSame(stateIn(memory), { 'free.16.0': '', 'data.0.0': written }, code)
    const writes = memory.logOf('write').filter((line) => !line.includes('/quota '))
    t.strictSame(writes, ['write /.twinserve/uploads/first1/data.0.0 16 @0'], code)
  }
})

t.test('somebody else takes it', async (t) => {
  const at = '.twinserve/uploads/first1'
  const give = (memory: MemoryFiles) => {
    const name = Object.keys(stateIn(memory)).find(
      (each) => each.startsWith('held') || each.startsWith('free'),
    ) as string
    memory.shift(`${at}/${name}`, `${at}/held.12.1.checked.busy.x`)
  }
  for (const [call, nth] of [
    ['rename', 2],
    ['write', 2],
    ['fsync', 1],
  ] as const) {
    const memory = begun({}, {}, half).before(call, nth, give)
    t.throws(
      () => run(add(siteOf(memory, 'me'), 12, more + rest.slice(5, 8)), memory),
      { code: 'changed' },
      `before ${call} ${nth}`,
    )
    t.match(Object.keys(stateIn(memory)), ['data.0.0', 'held.12.1.checked.busy.x'])
    t.equal(run(stand(siteOf(memory, 'next')), memory).offset, 12, 'our bytes do not count')
    t.equal(memory.openCount, 0)
  }
  const broke = begun({}, {}, half).before('fsync', 1, give)
  t.throws(() => run(add(siteOf(broke, 'me'), 12, broken(more)), broke), { code: 'ECONNRESET' })

  const late = begun({}, {}, half).before('rename', 1, (memory) => memory.shift(`${at}/free.12.0`, `${at}/free.10.0`))
  t.throws(
    () => run(add(siteOf(late, 'me'), 12, more), late),
    { code: 'wrong_offset', message: /has 10 bytes/ },
    'it is looked at again',
  )

  const never = begun({}, {}, half)
  for (let nth = 1; nth <= 5; nth += 1) never.failOn('rename', nth, 'ENOENT')
  t.throws(() => run(add(siteOf(never, 'me'), 12, more), never), { code: 'upload_locked' })
})

t.test('a part that somebody has begun under the same token', async (t) => {
  const memory = inState({ 'free.12.1': '', 'data.0.0': half })
  memory.before('rename', 1, (m) => m.put('.twinserve/uploads/first1/data.1.12', ''))
  t.equal(run(add(siteOf(memory, 'me'), 12, more), memory), 17)
  t.strictSame(stateIn(memory), { 'free.17.1': '', 'data.0.0': half, 'data.1.12': more })
  const failing = inState({ 'free.12.1': '', 'data.0.0': half }).failOn('open', 1, 'EACCES')
  t.throws(() => run(add(siteOf(failing, 'me'), 12, more), failing), { code: 'EACCES' })
})

t.test('nothing to add', async (t) => {
  const memory = begun({}, {}, half)
  t.equal(run(add(siteOf(memory, 'me'), 12, ''), memory), 12)
  t.strictSame(stateIn(memory), { 'free.12.0': '', 'data.0.0': half })
  run(add(siteOf(memory, 'me'), 12, rest), memory)
  t.equal(run(add(siteOf(memory, 'me'), content.length, ''), memory), content.length)
  t.throws(() => run(add(siteOf(memory, 'me'), content.length, '#'), memory), { code: 'too_large' })
  t.throws(() => run(add(siteOf(memory, 'me'), 12, rest), memory), { code: 'wrong_offset' })
  const unnamed = inState({ 'free.32.0': '', 'data.0.0': content })
  t.equal(run(add(siteOf(unnamed, 'me'), content.length, ''), unnamed), content.length)
  t.equal(unnamed.snapshot().new, content, 'but its name')
})

t.test('a directory is read while a token is renamed', async (t) => {
  const at = '.twinserve/uploads/first1'
  const twice = begun({}, {}, half)
  twice.put(`${at}/free.3.0`, '')
  twice.before('opendir', 2, (m) => m.take(`${at}/free.3.0`))
  t.equal(run(stand(siteOf(twice, 'me')), twice).offset, 12)
  const none = begun({}, {}, half)
  none.shift(`${at}/free.12.0`, `${at}/other`)
  none.before('opendir', 3, (m) => m.shift(`${at}/other`, `${at}/free.12.0`))
  t.equal(run(stand(siteOf(none, 'me')), none).offset, 12)
})
