/** Making a site ready. */
import t from 'tap'
import { defaultLimits } from '../../src/core/limits.ts'
import { openSite, type SiteOptions } from '../../src/core/start.ts'
import { authOf } from '../fixtures/accounts.ts'
import { file, MemoryFiles } from '../fixtures/memory.ts'
import { drive, ScriptedEnvironment } from '../fixtures/script.ts'

const options: SiteOptions = {
  readOnly: false,
  fsync: true,
  cacheBytes: 0,
  hostNames: ['files.example'],
  serverTiming: true,
  logFormat: 'json',
}

function open(more: Partial<SiteOptions>, memory = new MemoryFiles()) {
  const environment = new ScriptedEnvironment()
  const lines: string[] = []
  const site = drive(
    openSite({ ...options, ...more }, memory.root, environment, (line) => lines.push(line)),
    memory.calls,
  )
  return { site, environment, memory, lines }
}

t.test('what the options say', async (t) => {
  const { site, environment, memory, lines } = open({})
  t.match(site, { serverTiming: true, logFormat: 'json', draining: false, accounts: { any: false } })
  t.equal(site.index, undefined)
  t.equal(site.cache, undefined)
  t.equal(site.root, memory.root)
  t.equal(site.environment, environment)
  t.strictSame([...site.hostNames], ['files.example'])
  t.strictSame(site.limits, defaultLimits)
  site.log('line')
  t.strictSame(lines, ['line'])
  t.match(site, { durable: true, maxUpload: undefined, quota: undefined })
  t.match(open({ fsync: false, maxUploadSize: 5, quota: 7 }).site, {
    durable: false,
    maxUpload: 5,
    quota: { limit: 7 },
  })
  t.equal(open({ index: 'index.html' }).site.index, 'index.html')
})

t.test('limits are changed one by one', async (t) => {
  const { site } = open({ limits: { ranges: 3, cacheFresh: 5 }, cacheBytes: 10_000 })
  t.strictSame(site.limits, { ...defaultLimits, ranges: 3, cacheFresh: 5 })
  const cached = {
    content: Buffer.from('x'),
    size: 1,
    type: 'text/plain',
    extra: '',
    etag: '"x"',
    modified: '',
    modifiedAt: 0,
  }
  site.cache?.keep('/a', cached, 0, site.cache.versionOf('/a'))
  t.equal(site.cache?.fresh('/a', 4), cached)
  t.equal(site.cache?.fresh('/a', 5), undefined, 'the cache has them')
})

const day = 24 * 60 * 60 * 1000
const orphanage = (now: number) => {
  const old = BigInt(now - day) * 1_000_000n
  return new MemoryFiles().tree({
    '.twinserve': {
      temporary: { old: file('x', { mtimeNs: old }), new: file('y', { mtimeNs: BigInt(now) * 1_000_000n }) },
    },
  })
}

t.test('what a crash has left is removed, except by a server that only reads', async (t) => {
  const now = new ScriptedEnvironment().date()
  const { memory } = open({}, orphanage(now))
  t.strictSame(Object.keys(memory.temporaries), ['new'])
  t.equal(memory.openCount, 0)
  const reader = open({ readOnly: true }, orphanage(now))
  t.strictSame(Object.keys(reader.memory.temporaries).sort(), ['new', 'old'])
  t.strictSame(reader.memory.log, ['openDirectory /.twinserve', 'close /.twinserve'], 'which touches nothing')
})

t.test('what all servers on a directory have in common', async (t) => {
  const memory = new MemoryFiles()
  const asked: boolean[] = []
  const { share } = memory.calls
  memory.calls.share = (directory, make) => {
    asked.push(make)
    return share(directory, make)
  }
  const alone = open({ readOnly: true }, memory)
  t.notOk(memory.has('.twinserve'), 'one that only reads makes nothing')
  const first = open({}, memory)
  t.ok(memory.has('.twinserve'))
  const sites = [first, open({}, memory), open({ readOnly: true }, memory)].map(({ site }) => site)
  t.strictSame(asked, [true, true, false])
  const version = first.site.shared.versionOf('/a')
  const isNow = () => sites.map(({ shared }) => version !== undefined && shared.isNow(version))
  t.strictSame(isNow(), [true, true, true])
  sites[1]?.shared.begin(['/a'])
  t.strictSame(isNow(), [false, false, false])
  t.ok(alone.site.shared.versionOf('/a'), 'and does not know of the others')
  open({}, memory)
  t.ok(first.site.shared.versionOf('/a'), 'a start puts right what a crash has left')
  const closed = new MemoryFiles()
  closed.node('').mode = 5
  t.ok(open({}, closed).site.shared.versionOf('/a'), 'where nothing can be made, a server is by itself')
  t.equal(memory.openCount + closed.openCount, 0)
})

t.test('who can log in', async (t) => {
  const { accounts } = open({ auth: authOf(['ann:pw']) }).site
  t.equal(accounts.find('ann')?.access.may('delete', []), true)
  t.equal(accounts.everybody.may('read', []), false)
  t.throws(() => open({ auth: authOf([], { file: '/none' }) }), { code: 'ENOENT' })
})
