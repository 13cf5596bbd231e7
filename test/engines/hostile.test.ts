/**
 * Requests that want out of the shared directory, or between two requests, or to bring the server down.
 *
 * For each, on both engines: the right status, exactly one answer, nothing of what lies outside in it, nothing
 * outside changed, nothing inside changed, and the next request on a new connection is answered at once.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import type { Test } from 'tap'
import { type Engine, forEachEngine, type Service, snapshot, startOn } from '../fixtures/engines.ts'
import { temporary } from '../fixtures/temporary.ts'

/** What stands in every file outside, and must never be seen. */
const canary = 'CANARY-2f1d7c90-never-to-be-served'
/** Longer than a server needs on a busy machine, and shorter than any time for which an attack could hold it. */
const atOnce = 5000

interface Attack {
  readonly name: string
  readonly bytes: string | Buffer
  /** One status, or all that may be right. */
  readonly status: number | readonly number[]
  /** The client ends its side behind the bytes: the server waits for more of them otherwise. */
  readonly end?: true
}

const host = 'Host: localhost\r\n'
const line = (target: string, method = 'GET') => `${method} ${target} HTTP/1.1\r\n${host}\r\n`
const target = (name: string, raw: string, status: Attack['status'], method = 'GET'): Attack => ({
  name: `${name}: ${method} ${raw.length > 60 ? `${raw.slice(0, 60)}…` : raw}`,
  bytes: Buffer.from(line(raw, method), 'latin1'),
  status,
})
const request = (name: string, bytes: string, status: Attack['status'], end?: true): Attack => ({
  name,
  bytes: Buffer.from(bytes, 'latin1'),
  status,
  ...(end === undefined ? {} : { end }),
})
/** A request whose body, if it is misread, is a second request. */
const smuggled = line('/hello')
const framed = (name: string, fields: string, body: string, status: Attack['status'] = 400, end?: true): Attack =>
  request(name, `PUT /framed HTTP/1.1\r\n${host}${fields}\r\n${body}`, status, end)
const fielded = (name: string, fields: string, status: Attack['status'] = 400): Attack =>
  request(name, `GET /hello HTTP/1.1\r\n${host}${fields}\r\n`, status)

const paths: readonly Attack[] = [
  target('dot segments', '/../secret', 400),
  target('dot segments', '/../../../../etc/passwd', 400),
  target('dot segments', '/folder/../../secret', 400),
  target('dot segments inside', '/folder/../hello', 400),
  target('a dot segment', '/./hello', 400),
  target('dots at the end', '/folder/..', 400),
  target('encoded dots', '/%2e%2e/secret', 400),
  target('encoded dots', '/.%2e/secret', 400),
  target('encoded dots and slashes', '/%2e%2e%2fsecret', 400),
  target('encoded slashes', '/..%2fsecret', 400),
  target('encoded slashes', '/folder%2f..%2f..%2fsecret', 400),
  target('an encoded slash in a name', '/folder%2finner', 400),
  target('double-encoded', '/%252e%252e/secret', 404),
  target('double-encoded', '/..%252fsecret', 404),
  target('double-encoded', '/%25252e%25252e%25252fsecret', 404),
  target('backslashes', '/..\\secret', 400),
  target('encoded backslashes', '/..%5csecret', 400),
  target('encoded backslashes', '/%2e%2e%5c%2e%2e%5csecret', 400),
  target('a UNC path', '/\\\\server\\share', 400),
  target('NUL', '/hello%00', 400),
  target('NUL and an extension', '/../secret%00.txt', 400),
  target('a raw NUL', '/hello\0', 400),
  target('overlong UTF-8 dots', '/%c0%ae%c0%ae/secret', 400),
  target('overlong UTF-8 slash', '/..%c0%afsecret', 400),
  target('overlong UTF-8, three bytes', '/..%e0%80%afsecret', 400),
  target('overlong UTF-8, four bytes', '/..%f0%80%80%afsecret', 400),
  target('a surrogate in UTF-8', '/%ed%a0%80', 400),
  target('fullwidth dots', '/%ef%bc%8e%ef%bc%8e/secret', 404),
  target('half a character', '/%e2%82', 400),
  target('raw high bytes', '/\xff\xfe', [400, 404]),
  target('raw UTF-8', '/h\xc3\xa9llo', [400, 404]),
  target('raw control characters', '/a\x01b', 400),
  target('a raw escape', '/\x1b[31m', 400),
  target('encoded control characters', '/%0d%0aSet-Cookie:%20x', 404),
  target('encoded line ends in a redirect', '/li%0d%0anes', [301, 404]),
  target('malformed escapes', '/%', 400),
  target('malformed escapes', '/%2', 400),
  target('malformed escapes', '/%zz', 400),
  target('IIS escapes', '/%u002e%u002e/secret', 400),
  target('a drive letter', '/C:/Windows/win.ini', 404),
  target('a drive letter', 'C:/Windows/win.ini', 400),
  target('a drive letter', '/C:%5cWindows', 400),
  target('no slash', 'hello', 400),
  target('no slash', '../secret', 400),
  target('two slashes', '//', 400),
  target('two slashes', '//etc/passwd', 400),
  target('two slashes', '//localhost/hello', 400),
  target('two slashes', '/folder//inner', 400),
  target('an absolute form', 'http://localhost/../secret', 400),
  target('an absolute form', 'http://localhost//etc/passwd', 400),
  target('an absolute form elsewhere', 'http://evil.example/hello', 421),
  target('an absolute form with a user', 'http://localhost@evil.example/hello', 421),
  target('another scheme', 'file:///etc/passwd', 400),
  target('another scheme', 'ftp://localhost/hello', 400),
  target('an asterisk', '*', 400),
  target('an asterisk', '*', 400, 'DELETE'),
  target('a fragment', '/hello#x', 400),
  target('authority form', 'localhost:443', [400, 405, 501], 'CONNECT'),
  target('the sibling’s name', '/../share-secret/secret', 400),
  target('the sibling’s name', '/-secret/secret', 404),
  target('the sibling’s name', '/%2e%2e/share-secret/secret', 400),
  target('what belongs to the server', '/.twinserve/', 404),
  target('what belongs to the server', '/.twinserve', 404),
  target('what belongs to the server', '/%2etwinserve/temporary/', 403),
  target('what belongs to the server', '/.TWINSERVE/temporary/', 403),
  target('what belongs to the server', '/.twinserve/../../secret', 404),
  target('what belongs to the server', '/.twinserve/%2e%2e/%2e%2e/secret', 404),
  target('a name of 256 bytes', `/${'n'.repeat(256)}`, 400),
  target('a deep path', `${'/d'.repeat(2000)}`, 404),
  target('a link out of the root', '/out/secret', 403),
  target('a link out of the root', '/out/', 403),
  target('a link to a file out of the root', '/out-file', 403),
  target('a link by an absolute path', '/absolute', 403),
  target('a link into the root by an absolute path', '/absolute-inside', 403),
  target('a link over the sibling', '/sibling/secret', 403),
  target('a link out and back', '/out-and-back', 403),
  target('a link in a middle part', '/folder/up/secret', 403),
  target('a ring of links', '/ring', 403),
  target('links beyond count', '/chain0', 403),
  target('a FIFO', '/fifo', 403),
  target('a FIFO', '/fifo', 403, 'HEAD'),
  target('a Unix socket', '/socket', 403),
  target('a device by a link', '/null', 403),
  target('below a FIFO', '/fifo/x', 404),
  target('a deletion out of the root', '/../secret', 400, 'DELETE'),
  target('a deletion through a link', '/out/secret', 403, 'DELETE'),
  target('a directory out of the root', '/../made', 400, 'MKCOL'),
  target('a directory through a link', '/out/made', 403, 'MKCOL'),
  target('a command out of the root', '/delete=../secret', 400),
  target('a command out of the root', '/delete=out/secret', 403),
  target('a command out of the root', '/createdir=..%2fmade', 400),
  target('a command out of the root', '/move=hello=../stolen', 400),
  target('a command out of the root', '/move=../secret=got', 400),
  target('a command out of the root', '/move=out/secret=got', 403),
  target('a command out of the root', '/download=/etc/passwd', 404),
  target('a command out of the root', '/download=//etc/passwd', 400),
  target('a command out of the root', '/download=..%2fsecret', 400),
  target('a command out of the root', '/listdir/..', 400),
  target('a command out of the root', '/listdir/out', 403),
  target('a command out of the root', '/deletedir=..?recursive', 400),
  request('a move out of the root', `MOVE /hello HTTP/1.1\r\n${host}Destination: /../stolen\r\n\r\n`, 400),
  request('a move through a link', `MOVE /hello HTTP/1.1\r\n${host}Destination: /out/stolen\r\n\r\n`, 403),
  request('a copy through a link', `COPY /out/secret HTTP/1.1\r\n${host}Destination: /got\r\n\r\n`, 403),
  request('a copy of a FIFO', `COPY /fifo HTTP/1.1\r\n${host}Destination: /got\r\n\r\n`, 403),
  request('a file out of the root', `PUT /../written HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\nx`, 400),
  request('a file through a link', `PUT /out/written HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\nx`, 403),
  request('over a link', `PUT /out-file HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\nx`, 409),
  request('into what belongs to the server', `PUT /%2etwinserve/x HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\nx`, 403),
  request('a form’s name out of the root', form('../written'), 400),
  request('a form’s absolute name', form('/etc/written'), 400),
  request('a form’s name with backslashes', form('..\\\\..\\\\written'), 400),
  request('a form’s directory', form('x', '../..'), 400),
  request('a form’s directory through a link', form('x', 'out'), 403),
]

function form(filename: string, directory = ''): string {
  const part = `--b\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n\r\nx\r\n`
  const field =
    directory === '' ? '' : `--b\r\nContent-Disposition: form-data; name="directory"\r\n\r\n${directory}\r\n`
  const body = `${field}${part}--b--\r\n`
  const type = 'Content-Type: multipart/form-data; boundary=b\r\n'
  return `POST /upload HTTP/1.1\r\n${host}${type}Content-Length: ${body.length}\r\n\r\n${body}`
}

const chunked = 'Transfer-Encoding: chunked\r\n'

const framings: readonly Attack[] = [
  framed('both lengths', `Content-Length: 4\r\n${chunked}`, `0\r\n\r\n${smuggled}`),
  framed('both lengths, the other way round', `${chunked}Content-Length: 40\r\n`, `0\r\n\r\n${smuggled}`),
  framed('two lengths', 'Content-Length: 0\r\nContent-Length: 40\r\n', smuggled),
  framed('the same length twice', 'Content-Length: 1\r\nContent-Length: 1\r\n', 'x'),
  framed('a list of lengths', 'Content-Length: 1, 1\r\n', 'x'),
  framed('a negative length', 'Content-Length: -1\r\n', ''),
  framed('a length with a sign', 'Content-Length: +1\r\n', 'x'),
  framed('a hexadecimal length', 'Content-Length: 0x1\r\n', 'x'),
  framed('a length with a space', 'Content-Length: 1 1\r\n', 'x'),
  framed('a length with a fraction', 'Content-Length: 1.0\r\n', 'x'),
  framed('an empty length', 'Content-Length:\r\n', ''),
  framed('a length of letters', 'Content-Length: one\r\n', ''),
  framed('an enormous length', 'Content-Length: 99999999999999999999999\r\n', '', [400, 413]),
  framed('a length beyond any file', 'Content-Length: 9007199254740993\r\n', '', [400, 413]),
  framed('Transfer-Encoding: identity', 'Transfer-Encoding: identity\r\n', smuggled, [400, 501]),
  framed('Transfer-Encoding: gzip', 'Transfer-Encoding: gzip\r\n', smuggled, [400, 501]),
  framed(
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: gzip, chunked\r\n',
    `0\r\n\r\n${smuggled}`,
    [400, 501],
  ),
  framed(
    'Transfer-Encoding: chunked, gzip',
    'Transfer-Encoding: chunked, gzip\r\n',
    `0\r\n\r\n${smuggled}`,
    [400, 501],
  ),
  framed('Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n`, [400, 501]),
  framed('Transfer-Encoding: xchunked', 'Transfer-Encoding: xchunked\r\n', smuggled, [400, 501]),
  framed('Transfer-Encoding: chunked;x=y', 'Transfer-Encoding: chunked;x=y\r\n', smuggled, [400, 501]),
  framed('Transfer-Encoding in quotes', 'Transfer-Encoding: "chunked"\r\n', smuggled, [400, 501]),
  framed('Transfer-Encoding with a vertical tab', 'Transfer-Encoding: \x0bchunked\r\n', smuggled, [400, 501]),
  framed('Transfer-Encoding with a space in its name', 'Transfer-Encoding : chunked\r\n', `0\r\n\r\n${smuggled}`),
  framed('an empty Transfer-Encoding', 'Transfer-Encoding:\r\n', smuggled, [400, 501]),
  framed('two Transfer-Encodings', `${chunked}Transfer-Encoding: identity\r\n`, `0\r\n\r\n${smuggled}`, [400, 501]),
  framed('a folded Transfer-Encoding', 'Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${smuggled}`),
  request('chunks in HTTP/1.0', `PUT /framed HTTP/1.0\r\n${host}${chunked}\r\n0\r\n\r\n${smuggled}`, 400),
  framed('a chunk size that is none', chunked, 'x\r\n'),
  framed('a negative chunk size', chunked, '-1\r\nx\r\n0\r\n\r\n'),
  framed('a chunk size with 0x', chunked, '0x1\r\nx\r\n0\r\n\r\n'),
  framed('a chunk size with a space before', chunked, ' 1\r\nx\r\n0\r\n\r\n'),
  framed('an empty chunk size', chunked, '\r\nx\r\n0\r\n\r\n'),
  framed('a chunk size beyond 64 bits', chunked, 'fffffffffffffffff\r\nx\r\n'),
  framed('a chunk longer than it says', chunked, '1\r\nxyz\r\n0\r\n\r\n'),
  framed('a chunk ended by LF alone', chunked, '1\r\nx\n0\r\n\r\n'),
  framed('a chunk size ended by LF alone', chunked, '1\nx\r\n0\r\n\r\n'),
  framed('a chunk extension with a control character', chunked, '1;a=\x01\r\nx\r\n0\r\n\r\n'),
  framed('a chunk extension ended by LF alone', chunked, `1;a\nx\r\n0\r\n\r\n${smuggled}`),
  framed('an endless last chunk', chunked, '0\r\nX: y\n\n', 400, true),
  framed('chunks that stop', chunked, '5\r\nab', 400, true),
  framed('a body that stops', 'Content-Length: 10\r\n', 'half', 400, true),
  fielded('a bare LF between fields', 'A: b\nC: d\r\n'),
  request('bare LFs everywhere', 'GET /hello HTTP/1.1\nHost: localhost\n\n', 400),
  fielded('a bare CR in a value', 'A: b\rC: d\r\n'),
  fielded('a folded field', 'A: b\r\n c\r\n'),
  fielded('a folded field with a tab', 'A: b\r\n\tc\r\n'),
  fielded('NUL in a value', 'A: b\0c\r\n'),
  fielded('NUL in a name', 'A\0B: c\r\n'),
  fielded('a space in a name', 'A B: c\r\n'),
  fielded('a space before the colon', 'A : b\r\n'),
  fielded('no colon', 'A\r\n'),
  fielded('an empty name', ': b\r\n'),
  fielded('a name in brackets', '(A): b\r\n'),
  fielded('a name that is not ASCII', '\xc4: b\r\n'),
  fielded('DEL in a value', 'A: \x7f\r\n'),
  request('a field before the first', `GET /hello HTTP/1.1\r\n A: b\r\n${host}\r\n`, 400),
  request('no Host', 'GET /hello HTTP/1.1\r\n\r\n', 400),
  request('two Hosts', `GET /hello HTTP/1.1\r\n${host}${host}\r\n`, 400),
  request('two Hosts, of which one is foreign', `GET /hello HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`, 400),
  request('an unknown Host', 'GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421),
  request('a Host with a path', 'GET /hello HTTP/1.1\r\nHost: localhost/x\r\n\r\n', 421),
  request('a Host with a user', 'GET /hello HTTP/1.1\r\nHost: x@localhost\r\n\r\n', 421),
  request('a list of Hosts', 'GET /hello HTTP/1.1\r\nHost: localhost, evil.example\r\n\r\n', 421),
  request('the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]),
  request('HTTP/2.0', `GET /hello HTTP/2.0\r\n${host}\r\n`, [400, 505]),
  request('HTTP/1.2', `GET /hello HTTP/1.2\r\n${host}\r\n`, [400, 505]),
  request('HTTP/0.9', 'GET /hello\r\n\r\n', [400, 505]),
  request('HTTP/0.9 with its number', `GET /hello HTTP/0.9\r\n${host}\r\n`, [400, 505]),
  request('another protocol', `GET /hello XTTP/1.1\r\n${host}\r\n`, 400),
  request('a version in lower case', `GET /hello http/1.1\r\n${host}\r\n`, 400),
  request('two spaces, as RFC 9112, section 3, lets one read', `GET  /hello HTTP/1.1\r\n${host}\r\n`, 200),
  request('a space in the target', `GET /he llo HTTP/1.1\r\n${host}\r\n`, 400),
  request('a tab for a space', `GET\t/hello\tHTTP/1.1\r\n${host}\r\n`, 400),
  request('a method in lower case', `get /hello HTTP/1.1\r\n${host}\r\n`, 400),
  request('an unknown method', `FETCH /hello HTTP/1.1\r\n${host}\r\n`, [400, 405, 501]),
  request('a method without an end', `${'G'.repeat(100_000)}`, 400),
  request('a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03abcdefgh', 400),
  request('an SSH greeting', 'SSH-2.0-OpenSSH_9.6\r\n', 400),
  request('a SOCKS greeting', '\x05\x01\x00', 400),
  request('garbage', '\x00\xff\x80garbage\r\n\r\n', 400),
  request('a request that stops', 'GET /hello HT', 400, true),
  request('a header section that stops', `GET /hello HTTP/1.1\r\n${host}A: b`, 400, true),
  request('an endless target', `GET /${'a'.repeat(100_000)}`, 414),
  request('an endless field', `GET /hello HTTP/1.1\r\n${host}A: ${'b'.repeat(100_000)}`, 431),
  request('endless fields', `GET /hello HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(20_000)}`, 431),
  fielded('more fields than anybody sends', 'A: b\r\n'.repeat(300), 431),
  fielded('1000 ranges', `Range: bytes=${Array.from({ length: 1000 }, (_, i) => `${i}-${i}`).join(',')}\r\n`, 200),
  fielded('1000 ranges that are all of it', `Range: bytes=${'0-,'.repeat(1000)}\r\n`, 200),
  fielded('a range beyond numbers', 'Range: bytes=99999999999999999999999-\r\n', 416),
  fielded(
    'an upgrade to HTTP/2',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
    200,
  ),
  fielded('an unknown expectation', 'Expect: the-inquisition\r\n', 417),
  fielded('quotes without an end', 'If-None-Match: "\r\nAccept: "\r\nRange: bytes="\r\n', 200),
  request(
    'a request within a body',
    `PUT /hello HTTP/1.1\r\n${host}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    409,
  ),
]

/** The shared directory with everything in it that an attack needs, and what must not be reached beside it. */
async function scene(t: Test): Promise<{ root: string; outside: string }> {
  const outside = await temporary(t)
  const root = path.join(outside, 'share')
  fs.mkdirSync(path.join(outside, 'share-secret'))
  for (const name of ['secret', 'share-secret/secret']) fs.writeFileSync(path.join(outside, name), canary)
  fs.mkdirSync(path.join(root, 'folder/inner'), { recursive: true })
  fs.mkdirSync(path.join(root, 'li\r\nes'))
  fs.writeFileSync(path.join(root, 'hello'), 'hello')
  const links: Record<string, string> = {
    out: '..',
    'out-file': '../secret',
    absolute: path.join(outside, 'secret'),
    'absolute-inside': path.join(root, 'hello'),
    sibling: '../share-secret',
    'out-and-back': '../share/hello',
    'folder/up': '../..',
    ring: 'ring',
    null: '/dev/null',
    chain60: 'hello',
  }
  for (let i = 0; i < 60; i += 1) links[`chain${i}`] = `chain${i + 1}`
  for (const [name, to] of Object.entries(links)) fs.symlinkSync(to, path.join(root, name))
  execFileSync('mkfifo', [path.join(root, 'fifo')])
  const listener = net.createServer().listen(path.join(root, 'socket'))
  await new Promise((resolve) => listener.once('listening', resolve))
  t.teardown(() => listener.close())
  if (process.getuid?.() === 0) execFileSync('mknod', [path.join(root, 'device'), 'c', '1', '5'])
  return { root, outside }
}

async function answered(t: Test, service: Service): Promise<void> {
  const begun = performance.now()
  const next = await service.ask('GET', '/hello')
  t.equal(next.text, 'hello', 'the next request is answered')
  t.ok(performance.now() - begun < atOnce, 'at once')
}

async function attack(t: Test, service: Service, { bytes, status, end }: Attack): Promise<void> {
  const client = await service.connect()
  await client.send(bytes)
  if (end) client.end()
  const answer = await client.answer(bytes.toString('latin1').startsWith('HEAD') ? 'HEAD' : 'GET')
  const wanted = typeof status === 'number' ? [status] : status
  t.ok(wanted.includes(answer.status), `${answer.status} is one of ${wanted}: ${answer.text.slice(0, 200)}`)
  await answered(t, service)
  client.end()
  t.equal((await client.rest()).toString('latin1'), '', 'there is one answer')
  client.destroy()
  t.notOk(answer.raw.includes(canary), 'nothing from outside is in it')
  t.notMatch(answer.raw.toString('latin1'), /root:.*:0:0:/)
}

async function attackAll(t: Test, engine: Engine, attacks: readonly Attack[]): Promise<void> {
  const { root, outside } = await scene(t)
  const service = await startOn(t, engine, root, { cacheBytes: 1 << 20 })
  const around = () => snapshot(outside, (name) => !name.startsWith('share/'))
  const before = { around: around(), tree: service.tree() }
  for (const each of attacks) {
    await t.test(each.name, async (t) => {
      await attack(t, service, each)
      t.same(around(), before.around, 'nothing outside has changed')
      t.same(service.tree(), before.tree, 'nothing inside has changed')
    })
  }
  t.same(service.temporaries(), [], 'no temporary is left')
}

forEachEngine((t, engine) => attackAll(t, engine, paths))
forEachEngine((t, engine) => attackAll(t, engine, framings))

forEachEngine(async (t, engine) => {
  const { root } = await scene(t)
  if (process.getuid?.() !== 0) return
  const service = await startOn(t, engine, root)
  await t.test('a device', async (t) => {
    t.equal((await service.ask('GET', '/device')).status, 403)
    t.equal((await service.ask('COPY', '/device', { Destination: '/zeros' })).status, 403)
    await answered(t, service)
  })
})
