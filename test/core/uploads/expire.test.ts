import t from 'tap'
import { createUpload } from '../../../src/core/uploads/create.ts'
import { sweepUploads, sweepUploadsInTime } from '../../../src/core/uploads/expire.ts'
import { inUpload } from '../../../src/core/uploads/place.ts'
import { terminate } from '../../../src/core/uploads/terminate.ts'
import { everything } from '../../fixtures/access.ts'
import { file, MemoryFiles } from '../../fixtures/memory.ts'
import { run, type TestSite } from '../../fixtures/site.ts'
import { add, begun, content, inState, record, siteOf, stand, stateIn } from '../../fixtures/uploads.ts'

const day = 24 * 60 * 60 * 1000
const half = content.slice(0, 12)
const owners = { old: 'ended', busy: 'running', far: 'unknown' } as const
const later = (site: TestSite, time = day + 1) => {
  site.clock.date += time
  return site
}

t.test('a start removes what is too old', async (t) => {
  const states = ['free.12.0', 'held.0.0.grow.old.x', 'held.0.0.grow.far.x', 'done', 'gone', 'whole.0.old.x']
  for (const token of states) {
    const memory = inState({ [token]: '', 'data.0.0': half }, {}, owners)
    const site = siteOf(memory, 'me')
    run(sweepUploads(later(site, day)), memory)
    t.ok(memory.has('.twinserve/uploads/first1'), `${token}: not a moment before`)
    run(sweepUploads(later(site, 1)), memory)
    t.strictSame([...memory.node('.twinserve/uploads').entries.keys()], [], token)
    t.strictSame(memory.temporaries, {})
    t.equal(memory.openCount, 0)
  }
})

t.test('what it leaves alone', async (t) => {
  const memory = inState({ 'held.0.0.grow.busy.x': '', 'data.0.0': half }, {}, owners)
  run(sweepUploads(later(siteOf(memory, 'me'))), memory)
  t.ok(memory.has('.twinserve/uploads/first1'), 'somebody is at it')

  const fresh = inState(
    { 'held.0.0.grow.far.x': '', 'data.0.0': file(half, { mtimeNs: 1_700_090_000_000_000_000n }) },
    {},
    owners,
  )
  run(sweepUploads(later(siteOf(fresh, 'me'))), fresh)
  t.ok(fresh.has('.twinserve/uploads/first1'), 'it was written to since')

  const odd = new MemoryFiles().tree({ '.twinserve': { uploads: { 'a.b': {}, x: 'a file', y: { info: '' } } } })
  run(sweepUploads(later(siteOf(odd, 'me'))), odd)
  t.strictSame([...odd.node('.twinserve/uploads').entries.keys()], ['a.b', 'x'], 'without a token it is none')

  const none = new MemoryFiles()
  run(sweepUploads(siteOf(none, 'me')), none)
  t.notOk(none.has('.twinserve'), 'nothing is made for it')

  const failing = inState({ 'free.12.0': '', 'data.0.0': half })
  failing.failOn('lstatEach', 1, 'EIO').failOn('lstat', 1, 'EIO')
  run(sweepUploads(later(siteOf(failing, 'me'))), failing)
  t.ok(failing.has('.twinserve/uploads/first1'))
  for (const call of ['openDirectory', 'opendir', 'rename'] as const) {
    const broken = inState({ 'free.12.0': '', 'data.0.0': half }).failOn(call, 3, 'EIO').failOn(call, 2, 'EIO')
    run(sweepUploads(later(siteOf(broken, 'me'))), broken)
    t.equal(broken.openCount, 0)
  }
})

t.test('a client that comes too late', async (t) => {
  const memory = begun({}, {}, half)
  const site = siteOf(memory, 'me')
  t.match(run(stand(later(site, day)), memory), { offset: 12 })
  t.throws(() => run(stand(later(site, 1)), memory), { code: 'upload_gone' })
  t.throws(() => run(stand(site), memory), { code: 'not_found' })
  const busy = inState({ 'held.0.0.grow.busy.x': '', 'data.0.0': half }, {}, owners)
  t.match(run(stand(later(siteOf(busy, 'me'))), busy), { offset: 12 }, 'somebody is at it')
})

t.test('looked for every so often', async (t) => {
  const memory = begun({}, {}, half)
  const site = later(siteOf(memory, 'me'))
  site.uploadsSwept = site.clock.now
  site.clock.now += site.limits.uploadSweep - 1
  run(sweepUploadsInTime(site), memory)
  t.ok(memory.has('.twinserve/uploads/first1'))
  site.clock.now += 1
  run(sweepUploadsInTime(site), memory)
  t.notOk(memory.has('.twinserve/uploads/first1'))
  t.equal(site.uploadsSwept, site.clock.now)
})

t.test('ending', async (t) => {
  const end = (memory: MemoryFiles) =>
    run(
      inUpload(siteOf(memory, 'me'), everything, 'first1', (upload) => terminate(siteOf(memory, 'me'), upload)),
      memory,
    )
  for (const token of ['free.12.0', 'held.0.0.grow.busy.x', 'done', 'whole.0.old.x', 'whole.0.far.x']) {
    const memory = inState({ [token]: '', 'data.0.0': half }, {}, owners)
    end(memory)
    t.notOk(memory.has('.twinserve/uploads/first1'), token)
    t.strictSame(memory.temporaries, {})
  }
  const counted = begun({}, {}, half)
  const site = siteOf(counted, 'me', { quota: 1000 })
  run(add(site, 12, content.slice(12, 17)), counted)
  const before = site.quota?.left as number
  run(
    inUpload(site, site.accounts.everybody, 'first1', (upload) => terminate(site, upload)),
    counted,
  )
  run(add(site, 0, 'x'.repeat(9), { id: run(createUpload(site, record()), counted) }), counted)
  t.ok((site.quota?.left as number) > before, 'its room is free again')
  const late = inState({ 'whole.0.busy.x': '', 'data.0.0': half }, {}, owners)
  t.throws(() => end(late), { code: 'upload_locked' })
  const at = '.twinserve/uploads/first1'
  const changed = inState({ 'free.12.0': '', 'data.0.0': half }).before('rename', 1, (m) =>
    m.shift(`${at}/free.12.0`, `${at}/free.11.0`),
  )
  end(changed)
  t.notOk(changed.has(at), 'it is looked at again')
  const never = inState({ 'free.12.0': '', 'data.0.0': half })
  for (let nth = 1; nth <= 5; nth += 1) never.failOn('rename', nth, 'ENOENT')
  t.throws(() => end(never), { code: 'upload_locked' })
  const kept = inState({ 'free.12.0': '', 'data.0.0': half }).failOn('rename', 2, 'EIO')
  end(kept)
  t.strictSame(stateIn(kept), { gone: '', 'data.0.0': half }, 'nobody goes on with what could not be removed')
  t.throws(() => run(add(siteOf(kept, 'me'), 12, ''), kept), { code: 'upload_gone' })
})
