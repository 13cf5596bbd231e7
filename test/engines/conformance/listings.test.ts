/** Listings, as pages and as JSON; their order; and the search. */
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'

interface Entry {
  readonly name: string
  readonly kind: string
  readonly size?: number
  readonly modified: string
  readonly reachable?: boolean
  readonly target?: string
  readonly directory?: string
}

interface Listing {
  readonly path: string
  readonly entries: readonly Entry[]
  readonly query?: string
  readonly truncated?: boolean
}

const browser = { Accept: 'text/html,*/*;q=0.8' }

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { limits: { searchResults: 20 } })
  const { root } = service
  for (const name of ['.git', 'b-folder', 'a-folder/inner/Report']) fs.mkdirSync(`${root}/${name}`, { recursive: true })
  const files: readonly (readonly [name: string, size: number, time: number])[] = [
    ['b.txt', 3, 30],
    ['A.txt', 1, 20],
    ['c.txt', 2, 10],
    ['a-folder/inner/report.md', 5, 5],
    ['a-folder/REPORT = x.md', 6, 6],
  ]
  for (const [name, size, time] of files) {
    fs.writeFileSync(`${root}/${name}`, 'x'.repeat(size))
    fs.utimesSync(`${root}/${name}`, time, time)
  }
  fs.symlinkSync('a-folder', `${root}/to-folder`)
  fs.symlinkSync('b.txt', `${root}/to-file`)
  fs.symlinkSync('/etc', `${root}/out`)
  fs.symlinkSync('nowhere', `${root}/broken`)
  const list = async (target: string) => (await service.ask('GET', target)).json<Listing>()
  const names = async (target: string) => (await list(target)).entries.map(({ name }) => name)

  await t.test('JSON, by ?json and by Accept', async (t) => {
    const answer = await service.ask('GET', '/?json')
    t.equal(answer.status, 200)
    t.equal(answer.field('content-type'), 'application/json; charset=utf-8')
    t.equal(answer.field('transfer-encoding'), 'chunked')
    t.match(answer.field('vary'), /Accept/)
    t.same((await service.ask('GET', '/', { Accept: 'application/json' })).json(), answer.json())
    const { path, entries } = answer.json<Listing>()
    t.equal(path, '/')
    const of = (name: string) => entries.find((entry) => entry.name === name)
    t.same(of('b.txt'), { name: 'b.txt', kind: 'file', size: 3, modified: '1970-01-01T00:00:30.000Z' })
    t.match(of('b-folder'), { kind: 'directory', size: undefined })
    t.match(of('to-folder'), { kind: 'link', target: 'directory' })
    t.match(of('to-file'), { kind: 'link', target: 'file' })
    t.match(of('out'), { kind: 'link', reachable: false })
    t.match(of('broken'), { kind: 'link', reachable: false })
    t.ok(of('.git'), 'names with a dot are names')
  })

  await t.test('in the order asked for, directories first', async (t) => {
    const regular = async (query: string) =>
      (await names(`/?json${query}`)).filter((name) => /^[abc]|^A/i.test(name) && name !== 'broken')
    t.same(await regular(''), ['a-folder', 'b-folder', 'A.txt', 'b.txt', 'c.txt'])
    t.same(await regular('&sort=name&order=desc'), ['b-folder', 'a-folder', 'c.txt', 'b.txt', 'A.txt'])
    t.same((await regular('&sort=size')).slice(2), ['A.txt', 'c.txt', 'b.txt'])
    t.same((await regular('&sort=size&order=desc')).slice(2), ['b.txt', 'c.txt', 'A.txt'])
    t.same((await regular('&sort=mtime')).slice(2), ['c.txt', 'A.txt', 'b.txt'])
    t.same((await regular('&sort=mtime&order=desc')).slice(2), ['b.txt', 'A.txt', 'c.txt'])
    t.same(await regular('&sort=nonsense'), await regular(''))
  })

  await t.test('a page for a browser', async (t) => {
    const answer = await service.ask('GET', '/', browser)
    t.equal(answer.field('content-type'), 'text/html; charset=utf-8')
    t.match(answer.field('content-security-policy'), /default-src 'none'/)
    const hrefs = [...answer.text.matchAll(/<th role=rowheader><a href="([^"]*)"/g)].map((m) => m[1])
    t.same(
      hrefs.sort(),
      ['/.git/', '/A.txt', '/a-folder/', '/b-folder/', '/b.txt', '/c.txt', '/to-file', '/to-folder/'].sort(),
    )
    for (const href of hrefs) t.equal((await service.ask('GET', href as string)).status, 200, href as string)
    t.match(answer.text, /<bdi>out<\/bdi>/, 'what cannot be reached is shown, without a link')
    t.match((await service.ask('GET', '/a-folder/', browser)).text, /REPORT = x\.md/)
  })

  await t.test('an empty directory', async (t) => {
    t.same((await list('/b-folder/?json')).entries, [])
    t.match((await service.ask('GET', '/b-folder/', browser)).text, /class=empty/)
  })

  await t.test('what belongs to the server is not shown', async (t) => {
    await service.ask('PUT', '/temporary', {}, 'x')
    await service.ask('DELETE', '/temporary')
    t.ok(fs.existsSync(`${root}/.twinserve`))
    t.notMatch(await names('/?json'), ['.twinserve'])
    t.notOk((await names('/?json')).includes('.twinserve'))
    t.notOk((await service.ask('GET', '/', browser)).text.includes('temporary'))
    t.same(await names('/?q=temporary&json'), [])
    t.equal((await service.ask('GET', '/.twinserve/temporary/?json')).status, 404)
  })

  await t.test('?q finds names below, in any case', async (t) => {
    const { entries, query } = await list('/?q=RePort&json')
    t.equal(query, 'RePort')
    const found = entries.map(({ directory, name }) => `${directory} ${name}`).sort()
    t.same(found, ['/a-folder REPORT = x.md', '/a-folder/inner Report', '/a-folder/inner report.md'])
    t.same(await names('/b-folder/?q=report&json'), [])
    const page = await service.ask('GET', '/?q=report', browser)
    t.match(page.text, /href="\/a-folder\/REPORT%20%3D%20x\.md"/)
    t.match(page.text, /href="\/a-folder\/inner\/Report\/"/)
    const odd = await service.ask('GET', '/?q=%3Cscript%3E%22', browser)
    t.notMatch(odd.text, /<script>"/)
    t.match(odd.text, /&lt;script&gt;/)
  })

  await t.test('a search that finds too much says so', async (t) => {
    fs.mkdirSync(`${root}/many`)
    for (let i = 0; i < 30; i += 1) fs.writeFileSync(`${root}/many/needle${i}`, '')
    const { entries, truncated } = await list('/?q=needle&json')
    t.same([entries.length, truncated], [20, true])
    t.match((await service.ask('GET', '/?q=needle', browser)).text, /<p class=notice role=status>/)
    t.notMatch((await service.ask('GET', '/?q=report', browser)).text, /<p class=notice role=status>/)
  })

  await t.test('names of every kind lead back to their files', async (t) => {
    fs.mkdirSync(`${root}/odd`)
    const odd = [
      'with space',
      'per%cent',
      'a?b#c',
      'a&b;c',
      '<b>"\'',
      'ünï€😀',
      'new\nline',
      'a=b',
      "it's",
      '~*()!',
      'x:y',
      '\u202eltr',
    ]
    for (const name of odd) fs.writeFileSync(`${root}/odd/${name}`, name)
    const { text } = await service.ask('GET', '/odd/', browser)
    const hrefs = [...text.matchAll(/<th role=rowheader><a href="([^"]*)"><bdi>/g)].map((m) => m[1] as string)
    t.equal(hrefs.length, odd.length)
    const contents = await Promise.all(hrefs.map(async (href) => (await service.ask('GET', href)).text))
    t.same(contents.sort(), [...odd].sort())
    t.same((await names('/odd/?json')).sort(), [...odd].sort())
  })
})
