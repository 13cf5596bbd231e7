/** Files up and down, one at a time and as trees. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Progress, TreeError } from '../../src/client/index.ts'
import { clientOf, failureOf, here } from '../fixtures/clients.ts'
import { forEachEngine, snapshot, startEngine } from '../fixtures/engines.ts'

/** Bytes of no pattern that a shift would leave as it is. */
const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7) % 256))
const mtimeOf = (path: string) => Math.floor(fs.statSync(path).mtimeMs)
const time = new Date('2021-03-04T05:06:07.891Z')

forEachEngine(async (t, engine) => {
  await t.test('a small file up and down, with its time', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.writeFileSync(local('a'), bytesOf(10_000))
    fs.utimesSync(local('a'), time, time)
    const stored = await client.upload(local('a'), '/a é.txt')
    t.match(stored, { path: '/a é.txt', size: 10_000, replaced: false, verified: 'digest', resumed: 0 })
    t.equal(stored.etag, (await client.stat('a é.txt')).etag)
    t.equal(mtimeOf(service.path('a é.txt')), time.getTime())
    const fetched = await client.download('a é.txt', local('b'))
    const { replaced: _replaced, ...same } = stored
    t.same(fetched, { ...same, file: local('b') })
    t.ok(fs.readFileSync(local('b')).equals(bytesOf(10_000)))
    t.equal(mtimeOf(local('b')), time.getTime())
  })

  await t.test('an empty one', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    await client.upload(Buffer.alloc(0), 'empty')
    t.equal((await client.download('empty', local('empty'))).size, 0)
    t.equal(fs.readFileSync(local('empty'), 'utf8'), '')
  })

  await t.test('into directories, by a slash at the end', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.mkdirSync(service.path('docs'))
    fs.writeFileSync(local('a'), 'x')
    await client.cd('docs')
    t.equal((await client.upload(local('a'), './')).path, '/docs/a')
    fs.mkdirSync(local('in'))
    t.equal((await client.download('a', local('in'))).file, local('in', 'a'))
  })

  await t.test('nothing is replaced unless that is asked for', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.writeFileSync(service.path('a'), 'old')
    fs.writeFileSync(local('a'), 'mine')
    const there = '/a exists already. Choose another name, or ask for it to be replaced.'
    t.same(await failureOf(client.upload(local('a'), 'a')), { code: 'exists', status: 412, message: there })
    const local_ = `${local('a')} exists already here. Choose another name, or ask for it to be replaced.`
    t.same(await failureOf(client.download('a', local('a'))), { code: 'exists', status: 0, message: local_ })
    t.same([fs.readFileSync(service.path('a'), 'utf8'), fs.readFileSync(local('a'), 'utf8')], ['old', 'mine'])
    t.equal((await client.upload(local('a'), 'a', { overwrite: true })).replaced, true)
    fs.writeFileSync(service.path('a'), 'new')
    await client.download('a', local('a'), { overwrite: true })
    t.equal(fs.readFileSync(local('a'), 'utf8'), 'new')
    t.same(fs.readdirSync(local()), ['a'], 'nothing is left beside it')
  })

  await t.test('only what was seen is replaced', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    fs.writeFileSync(service.path('a'), 'old')
    const { etag = '' } = await client.stat('a')
    const { etag: next = '' } = await client.upload(Buffer.from('one'), 'a', { ifMatch: etag })
    t.match(await failureOf(client.upload(Buffer.from('two'), 'a', { ifMatch: etag })), {
      code: 'precondition_failed',
      message: '/a was changed by somebody else meanwhile. Look at it and try again.',
    })
    await client.upload(Buffer.from('three'), 'a', { ifMatch: next })
    t.equal(fs.readFileSync(service.path('a'), 'utf8'), 'three')
  })

  await t.test('streams', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const pieces = [bytesOf(100_000), bytesOf(7), bytesOf(300_000)]
    const stored = await client.upload(Readable.from(pieces), 's', { verify: true })
    t.match(stored, { size: 400_007, verified: 'digest' })
    const to = new PassThrough()
    const read = buffer(to)
    t.match(await client.download('s', to), { file: undefined, size: 400_007, verified: 'digest' })
    to.end()
    t.ok((await read).equals(Buffer.concat(pieces)))
    async function* broken() {
      yield bytesOf(10)
      throw new Error('the source broke')
    }
    t.match((await failureOf(client.upload(broken(), 'half'))).message, /the source broke/)
    t.notOk(fs.existsSync(service.path('half')))
  })

  await t.test('a body that is refused before its end', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    fs.writeFileSync(service.path('s'), 'old')
    let given = 0
    async function* endless() {
      for (; given < 1 << 30; given += 1 << 16) yield Buffer.alloc(1 << 16)
    }
    t.equal((await failureOf(client.upload(endless(), 's'))).code, 'exists')
    t.ok(given < 1 << 28, 'what is not wanted is not sent')
    t.equal((await client.stat('s')).size, 3)
  })

  await t.test('a client that is closed in the middle', async (t) => {
    const service = await startEngine(t, engine)
    const retried: number[] = []
    const client = await clientOf(t, service.server.url, { onRetry: ({ attempt }) => retried.push(attempt) })
    fs.writeFileSync(service.path('big'), Buffer.alloc(20 << 20))
    const local = await here(t)
    let closed: Promise<void> | undefined
    const onProgress = ({ done }: Progress) => {
      if (done > 0) closed ??= client.close()
    }
    t.equal((await failureOf(client.download('big', local('big'), { onProgress }))).code, 'connection_lost')
    await closed
    t.same([retried, fs.readdirSync(local())], [[], []])
  })

  await t.test('a large file, in parts', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    const size = 65 * 1024 * 1024 + 3
    const content = Buffer.concat([createHash('sha512').update('x').digest(), bytesOf(1 << 20)])
    const whole = Buffer.alloc(size, content)
    fs.writeFileSync(local('large'), whole)
    fs.utimesSync(local('large'), time, time)
    const seen: Progress[] = []
    await client.upload(local('large'), 'large', { onProgress: (each) => seen.push(each) })
    t.same(seen.at(-1), {
      path: '/large',
      phase: 'transfer',
      done: size,
      total: size,
      bytes: size,
      totalBytes: undefined,
      files: 1,
      totalFiles: 1,
    })
    t.equal(mtimeOf(service.path('large')), time.getTime())
    const fetched = await client.download('large', local('back'))
    t.match(fetched, { size, verified: 'length', resumed: 0 })
    t.ok(fs.readFileSync(local('back')).equals(whole))
    t.equal(mtimeOf(local('back')), time.getTime())
    t.match(await failureOf(client.download('large', local('more'), { verify: true })), {
      code: 'unverified',
      message: /^\/large cannot be verified: the server tells no digest of it\./,
    })
    t.same(fs.readdirSync(local()).sort(), ['back', 'large'])
  })

  await t.test('a large file that can be verified', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.writeFileSync(service.path('m'), bytesOf(1_000_000))
    const phases = new Set<string>()
    const options = { verify: true, resumeFrom: 1, onProgress: ({ phase }: Progress) => void phases.add(phase) }
    t.match(await client.download('m', local('m'), options), { verified: 'digest' })
    t.same([...phases].sort(), ['digest', 'transfer'])
    t.match(await client.upload(local('m'), 'm2', options), { verified: 'digest' })
    t.ok(fs.readFileSync(service.path('m2')).equals(bytesOf(1_000_000)))
  })

  await t.test('what is no file', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.mkdirSync(service.path('d'))
    fs.symlinkSync('/etc/passwd', service.path('out'))
    fs.writeFileSync(service.path('real'), 'real')
    fs.symlinkSync('real', service.path('in'))
    t.equal((await failureOf(client.download('d', local('d')))).code, 'is_directory')
    t.equal((await failureOf(client.download('out', local('out')))).code, 'link_refused')
    t.equal((await failureOf(client.download('none', local('none')))).code, 'not_found')
    await client.download('in', local('in'))
    t.equal(fs.readFileSync(local('in'), 'utf8'), 'real')
    t.match(await failureOf(client.upload(local(), 'x')), {
      code: 'is_directory',
      message: `${local()} is a directory here.`,
    })
    t.match(await failureOf(client.upload(local('none'), 'x')), {
      code: 'not_found',
      message: /none does not exist here\.$/,
    })
    t.match(await failureOf(client.upload(local('in'), 'none/x')), { code: 'no_parent' })
    t.match(await failureOf(client.download('in', local('none', 'x'))), { code: 'not_found' })
  })

  await t.test('cancelled in the middle: nothing has the name', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.writeFileSync(service.path('big'), Buffer.alloc(20 << 20))
    fs.copyFileSync(service.path('big'), local('mine'))
    const stopAt = () => {
      const stop = new AbortController()
      return { signal: stop.signal, onProgress: ({ done }: Progress) => done > 0 && stop.abort() }
    }
    t.equal((await failureOf(client.download('big', local('big'), stopAt()))).code, 'cancelled')
    t.equal((await failureOf(client.upload(local('mine'), 'mine', stopAt()))).code, 'cancelled')
    t.same(fs.readdirSync(local()), ['mine'])
    t.same(Object.keys(service.tree()), ['big'])
    t.equal((await client.stat('big')).size, 20 << 20, 'the client goes on')
  })

  await t.test('a tree', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.mkdirSync(local('t', 'a', 'b'), { recursive: true })
    fs.mkdirSync(local('t', 'empty'))
    for (let i = 0; i < 100; i++) fs.writeFileSync(local('t', i % 3 === 0 ? 'a' : 'a/b', `f ${i}`), bytesOf(i * 50))
    fs.utimesSync(local('t', 'a', 'f 0'), time, time)
    // As a number of milliseconds, it would be in the next one.
    execFileSync('touch', ['-d', '2026-11-21 00:00:00.123999999', local('t', 'a', 'f 3')])
    fs.symlinkSync('f 0', local('t', 'a', 'link'))
    const skipped: string[] = []
    const seen: Progress[] = []
    const options = {
      onSkip: (...told: string[]) => skipped.push(told.join(': ')),
      onProgress: (each: Progress) => void seen.push(each),
    }
    const all = { files: 100, unchanged: 0, directories: 4, bytes: 247_500 }
    t.same(await client.uploadTree(local('t'), 't', options), all)
    t.same(skipped, [`${local('t', 'a', 'link')}: it is a symbolic link`])
    t.match(seen.at(-1), { bytes: 247_500, totalBytes: 247_500, files: 100, totalFiles: 100 })
    t.same(await client.uploadTree(local('t'), 't'), { ...all, files: 0, unchanged: 100 })
    t.same(await client.downloadTree('t', local('back'), options), all)
    fs.unlinkSync(local('t', 'a', 'link'))
    t.same(snapshot(local('back')), snapshot(local('t')))
    t.equal(mtimeOf(local('back', 'a', 'f 0')), time.getTime())
    t.same(await client.downloadTree('t', local('back'), { verify: true }), { ...all, files: 0, unchanged: 100 })
  })

  await t.test('a tree of which some files are in the way', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.mkdirSync(local('t'))
    for (const name of ['1', '2', '3']) fs.writeFileSync(local('t', name), name)
    fs.mkdirSync(service.path('t'))
    fs.writeFileSync(service.path('t', '2'), 'other')
    const failed = (await client.uploadTree(local('t'), 't').catch((error: unknown) => error)) as TreeError
    t.match(failed, { code: 'incomplete', message: `1 of what is in ${local('t')} could not be stored; the rest was.` })
    t.same(
      failed.failures.map(({ message }) => message),
      ['/t/2 exists already. Choose another name, or ask for it to be replaced.'],
    )
    t.same(service.tree(), { t: 'directory', 't/1': 'file 1', 't/2': 'file other', 't/3': 'file 3' })
    await client.uploadTree(local('t'), 't', { overwrite: true })
    t.equal(service.tree()['t/2'], 'file 2')
    t.equal((await failureOf(client.uploadTree(local('t', '1'), 'x'))).code, 'not_directory')
    t.equal((await failureOf(client.downloadTree('t/1', local('x')))).code, 'not_directory')
    t.equal((await failureOf(client.downloadTree('none', local('x')))).code, 'not_found')
  })

  await t.test('a link in the local tree is not followed out of it', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const local = await here(t)
    fs.mkdirSync(service.path('t', 'a'), { recursive: true })
    fs.writeFileSync(service.path('t', 'a', 'f'), 'x')
    fs.mkdirSync(local('elsewhere'))
    fs.mkdirSync(local('t'))
    fs.symlinkSync(local('elsewhere'), local('t', 'a'))
    const failed = (await client.downloadTree('t', local('t')).catch((error: unknown) => error)) as TreeError
    t.match(failed.failures, [{ code: 'unsafe_name', message: /is a symbolic link that leads out of/ }])
    t.same(fs.readdirSync(local('elsewhere')), [])
  })
})
