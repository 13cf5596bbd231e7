/**
 * Names that somebody chose to do harm: each is served under its own address, and only ever shown, never obeyed,
 * in pages, in JSON, in header fields, in lines of text, in archives and in the log.
 */
import fs from 'node:fs'
import path from 'node:path'
import { unzipSync } from 'fflate'
import type { Test } from 'tap'
import { type Engine, forEachEngine, startOn } from '../fixtures/engines.ts'
import { message } from '../fixtures/raw-client.ts'
import { temporary } from '../fixtures/temporary.ts'

const names: readonly string[] = [
  '<script>alert(1)<',
  '<img src=x onerror=alert(1)>',
  '"><b>bold',
  "' onmouseover='alert(1)",
  '" autofocus onfocus="alert(1)',
  '&lt;&amp;&#x41;',
  '--><!--',
  '{{constructor}}$x{y}',
  'javascript:alert(1)',
  'line\nend',
  'carriage\rreturn\r\nSet-Cookie: x=y',
  'tab\tand\vothers\f\b\x07',
  '\x1b[31mred\x1b[0m',
  '\x1b]0;title\x07',
  'delete\x7f',
  'csi\u009b31m',
  'right\u202eoverride gpj.exe',
  'isolate\u2066x\u2069',
  'mark\u200f\u200e\u061c',
  'line\u2028separator\u2029',
  '\ufeffbom',
  'zero\u200bwidth',
  ' space before',
  'space behind ',
  '-rf',
  '~',
  '*',
  '%2e%2e',
  '%00',
  '%',
  '...',
  '..hidden',
  'a=b=c',
  'delete=hello',
  'upload',
  'listdir',
  'a?b',
  'a#b',
  'a;b,c:d@e&f',
  'ünï',
  'u\u0308ni\u0308',
  '日本語',
  '😀',
  'con',
  'a\u00a0b',
  'n'.repeat(255),
  'ü'.repeat(127),
]

/** Names that no address can say. */
const unreachable: readonly Buffer[] = [
  Buffer.from([0x66, 0xff, 0x6f]),
  Buffer.from([0xc0, 0xae, 0xc0, 0xae]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf0, 0x9f, 0x98]),
  Buffer.from('back\\slash'),
  Buffer.from('..\\..\\x'),
]

/** What no terminal and no page may get: C0 (but for line ends) and C1 controls, and what turns the writing around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const disturbing = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

/** The text has nothing of the kind. Says what it has, and not all of the text. */
function free(t: Test, text: string, of: RegExp, about = ''): void {
  const found = of.exec(text)
  t.equal(found && text.slice(Math.max(0, found.index - 40), found.index + 40), null, about)
}

async function scene(t: Test): Promise<{ root: string; log: string }> {
  const outside = await temporary(t)
  const root = path.join(outside, 'share')
  fs.mkdirSync(path.join(root, 'in'), { recursive: true })
  for (const name of names) {
    fs.writeFileSync(path.join(root, 'in', name), `content of ${name}`)
    fs.mkdirSync(path.join(root, `d ${name}`.slice(0, 120)), { recursive: true })
  }
  for (const name of unreachable) fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/in/`), name]), 'unreachable')
  return { root, log: path.join(outside, 'log') }
}

/** Start an engine with a log. @returns the server, and what ends it and reads the log's lines */
async function logged(t: Test, engine: Engine, root: string, file: string, logFormat: 'combined' | 'json') {
  const fd = fs.openSync(file, 'w')
  const service = await startOn(t, engine, root, { logFormat, logFile: fd })
  const lines = async () => {
    await service.server.stop()
    fs.closeSync(fd)
    return fs.readFileSync(file, 'utf8').split('\n').slice(0, -1)
  }
  return { service, lines }
}

forEachEngine(async (t, engine) => {
  const { root, log } = await scene(t)
  const { service, lines } = await logged(t, engine, root, log, 'combined')
  let asked = 0
  const ask = (method: string, target: string, fields = {}) => {
    asked += 1
    return service.ask(method, target, fields)
  }

  await t.test('each is served under its address, in HTML too', async (t) => {
    const page = await ask('GET', '/in/', { Accept: 'text/html' })
    const hrefs = [...page.text.matchAll(/<th role=rowheader><a href="([^"]*)"><bdi>/g)].map((m) => m[1] as string)
    t.equal(hrefs.length, names.length)
    const found: string[] = []
    for (const href of hrefs) found.push((await ask('GET', href)).text)
    t.same(found.sort(), names.map((name) => `content of ${name}`).sort())
  })

  await t.test('pages show them, and do not obey them', async (t) => {
    for (const target of ['/', '/in/', '/?q=a', '/?q=%3Cscript%3Ealert(1)%3C']) {
      const { text } = await ask('GET', target, { Accept: 'text/html' })
      free(t, text, disturbing, target)
      free(t, text, /<script|<img src=x|<b>bold|<!--|on(error|focus|mouseover)="/, target)
      const tags = [...text.matchAll(/<[^>]*>/g)].map(([tag]) => tag)
      t.same(
        tags.filter((tag) => /\son\w+=|javascript:/.test(tag.replace(/"[^"]*"/g, '""'))),
        [],
        'no attribute of theirs',
      )
    }
  })

  await t.test('the pages that ask, and those that refuse', async (t) => {
    for (const name of names) {
      const address = `/d%20${encodeURIComponent(name)}`
      for (const target of [
        `${address}?delete`,
        `${address}?move`,
        `/in/${encodeURIComponent(name)}/none`,
        `/delete=${address}none`,
      ]) {
        const page = await ask('GET', target, { Accept: 'text/html' })
        free(t, page.text.replace(/value="[^"]*"/g, ''), disturbing, target)
        free(t, page.text, /<script|<img src=x|<b>bold|<!--/, target)
      }
      const line = await ask('GET', `/none/${encodeURIComponent(name)}`)
      t.match(line.text, /^[^\n]*\n$/, 'one line')
      free(t, line.text.slice(0, -1), disturbing)
    }
  })

  await t.test('header fields have them encoded', async (t) => {
    for (const name of names) {
      const moved = await ask('GET', `/d%20${encodeURIComponent(name)}`)
      if (moved.status === 301) t.match(moved.field('location'), /^\/[\x21-\x7e]+\/$/)
      const file = await ask('GET', `/in/${encodeURIComponent(name)}?download`)
      t.equal(file.text, `content of ${name}`)
      t.match(file.field('content-disposition'), /^attachment; [\x20-\x7e]+$/)
      t.equal(file.field('set-cookie'), undefined)
    }
  })

  await t.test('JSON has them as they are', async (t) => {
    const { entries } = (await ask('GET', '/in/?json')).json<{ entries: { name: string; reachable?: boolean }[] }>()
    const reachable = entries.filter((entry) => entry.reachable !== false).map((entry) => entry.name)
    t.same(reachable.sort(), [...names].sort())
    t.equal(entries.length - reachable.length, unreachable.length, 'what has no address is told, and is no link')
  })

  await t.test('an archive has them, and nothing that leads out of it', async (t) => {
    const zip = unzipSync((await ask('GET', '/in/?zip')).body)
    // The library that reads it here drops a byte order mark.
    const found = (name: string) => Buffer.from(zip[name] ?? zip[name.replace(/^\ufeff/, '')] ?? []).toString()
    const differing = names.filter((name) => found(name) !== `content of ${name}`)
    t.same(differing, [])
    t.same(
      Object.keys(zip).filter((name) => name.split(/[/\\]/).includes('..')),
      [],
    )
  })

  await t.test('names that no address can say are neither found nor made', async (t) => {
    for (const target of ['/in/f%ffo', '/in/%c0%ae%c0%ae', '/in/back%5cslash', '/in/f%ef%bf%bdo']) {
      t.ok([400, 404].includes((await ask('GET', target)).status), target)
      t.ok([400, 404].includes((await ask('DELETE', target)).status), target)
    }
    const left = fs.readdirSync(`${root}/in`).length
    t.equal(left, names.length + unreachable.length)
  })

  await t.test('the log has one line for each request, which says no more than the request', async (t) => {
    const evil = ['GET /"\\ HTTP/1.1', 'GET /a\x9b31m HTTP/1.1', 'GET /\xff\xe2\x80\xae HTTP/1.1'] as const
    for (const first of evil) {
      asked += 1
      await service.exchange(`${first}\r\nHost: localhost\r\nReferer: "\\\x9b\xe2\x80\xae\r\nUser-Agent: a\tb"\r\n\r\n`)
    }
    const found = await lines()
    t.equal(found.length, asked)
    for (const line of found) free(t, line, disturbing)
    t.equal(
      found.filter((line) =>
        /^127\.0\.0\.1 - - \[[^\]]+\] "([^"\\]|\\.)*" \d{3} \d+ "([^"\\]|\\.)*" "([^"\\]|\\.)*"$/.test(line),
      ).length,
      asked,
    )
  })
})

forEachEngine(async (t, engine) => {
  const { root, log } = await scene(t)
  const { service, lines } = await logged(t, engine, root, log, 'json')

  await t.test('a log in JSON is JSON, line by line, and harms no terminal', async (t) => {
    const requests = [
      message('GET', '/in/%0a%1b%5b31m', { Referer: '"\\\x9b31m', 'User-Agent': 'a\tb\xe2\x80\xae' }),
      Buffer.from('GET /\x9b31m"\\ HTTP/1.1\r\nHost: localhost\r\n\r\n', 'latin1'),
      message('HEAD', '/in/', {}),
    ]
    for (const bytes of requests) await service.exchange(bytes, bytes.toString('latin1').slice(0, 4).trim())
    const found = await lines()
    t.equal(found.length, requests.length)
    for (const line of found) {
      t.type(JSON.parse(line), 'object')
      free(t, line, disturbing)
    }
  })
})
