import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { Multipart } from '../../../src/core/http/multipart.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import { type Uploaded, upload } from '../../../src/core/operations/upload.ts'
import { pathFromText, type SafePath } from '../../../src/core/paths.ts'
import { everything } from '../../fixtures/access.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

type Part = readonly [field: string, content: string, filename?: string]

const boundary = 'B'
const files = () => new MemoryFiles().tree({ old: 'old', dir: { inner: 'inner' }, other: {} })

function body(parts: readonly Part[]): string {
  const text = parts.map(([field, content, filename]) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`
    return `--${boundary}\r\nContent-Disposition: form-data; name="${field}"${file}\r\n\r\n${content}\r\n`
  })
  return `${text.join('')}--${boundary}--\r\n`
}

function send(
  memory: MemoryFiles,
  pieces: readonly (string | Error)[],
  { into, overwrite = false }: { into?: SafePath; overwrite?: boolean } = {},
): Uploaded {
  const parts = new Multipart(sourceOf(...pieces), boundary, defaultLimits)
  return run(upload(siteOn(memory), everything, parts, into, overwrite), memory)
}

const paths = ({ stored }: Uploaded) => stored.map((path) => path.text)

t.test('every file of a form is stored', async (t) => {
  const memory = files()
  const uploaded = send(memory, [
    body([
      ['file', 'one', 'a.txt'],
      ['file', 'two', 'b c.txt'],
      ['file', '', 'empty'],
    ]),
  ])
  t.strictSame(paths(uploaded), ['/a.txt', '/b c.txt', '/empty'])
  t.equal(uploaded.directory, undefined)
  t.strictSame(memory.snapshot(), { ...files().snapshot(), 'a.txt': 'one', 'b c.txt': 'two', empty: '' })
  t.equal(memory.openCount, 0)
})

t.test('where to', async (t) => {
  const memory = files()
  const form: Part[] = [
    ['file', '1', 'first'],
    ['directory', 'dir'],
    ['file', '2', 'second'],
    ['directory', '/other/'],
    ['file', '3', 'third'],
  ]
  const uploaded = send(memory, [body(form)])
  t.strictSame(paths(uploaded), ['/first', '/dir/second', '/other/third'], 'a field counts for the files behind it')
  t.equal(uploaded.directory?.text, '/other')
  const told = files()
  const into = pathFromText('/other')
  t.strictSame(
    paths(send(told, [body(form)], { into })),
    ['/other/first', '/other/second', '/other/third'],
    'an address overrules it',
  )
})

t.test('whether to overwrite', async (t) => {
  const form: Part[] = [['file', 'new', 'old']]
  const kept = files()
  t.throws(() => send(kept, [body(form)]), { code: 'exists' })
  t.equal(kept.snapshot().old, 'old')
  const asked = files()
  send(asked, [body(form)], { overwrite: true })
  t.equal(asked.snapshot().old, 'new')
  const field = files()
  send(field, [body([['overwrite', 'on'], ...form])])
  t.equal(field.snapshot().old, 'new')
})

t.test('a file field that was left empty, and fields that mean nothing', async (t) => {
  const memory = files()
  const uploaded = send(memory, [
    body([
      ['file', '', ''],
      ['comment', 'hello'],
      ['file', 'x', 'x'],
    ]),
  ])
  t.strictSame(paths(uploaded), ['/x'])
  t.strictSame(paths(send(files(), [body([])])), [])
})

t.test('one that cannot be stored does not keep the others from it', async (t) => {
  const memory = files()
  const form: Part[] = [
    ['f', 'x', 'old'],
    ['f', '1', 'a'],
    ['f', 'x', 'dir'],
    ['f', '2', 'b'],
    ['f', 'x', 'up/../../out'],
  ]
  t.throws(() => send(memory, [body(form)]), {
    code: 'exists',
    message:
      'old exists already. Choose another name, or ask for it to be replaced. Stored all the same: /a, /b.'.replace(
        'old',
        '/old',
      ),
  })
  t.strictSame(memory.snapshot(), { ...files().snapshot(), a: '1', b: '2' })
  t.strictSame(memory.temporaries, {})
  t.throws(() => send(files(), [body([['f', 'x', 'old']])]), { message: /replaced\.$/ }, 'nothing to add when none was')
})

t.test('names that no file may have', async (t) => {
  for (const [name, code] of [
    ['..', 'bad_name'],
    ['a/b', 'bad_name'],
    ['.twinserve', 'reserved'],
    ['.TWINSERVE-x', 'reserved'],
  ] as const) {
    const memory = files()
    t.throws(() => send(memory, [body([['f', 'x', name]])]), { code }, name)
    t.strictSame(memory.snapshot(), files().snapshot())
  }
})

t.test('what the file system says is told in the words of the table', async (t) => {
  const memory = files().failOn('write', 1, 'ENOSPC')
  t.throws(
    () =>
      send(memory, [
        body([
          ['f', '1', 'a'],
          ['f', '2', 'b'],
        ]),
      ]),
    {
      code: 'storage_full',
      message: 'There is no room left to store a. Delete something first. Stored all the same: /b.',
    },
  )
})

t.test('a body that breaks off', async (t) => {
  const form = body([
    ['f', 'first', 'a'],
    ['f', 'second, which is not whole', 'b'],
  ])
  const cut = form.slice(0, form.indexOf('whole'))
  const memory = files()
  t.throws(() => send(memory, [cut, new Refusal('request_timeout')]), {
    code: 'request_timeout',
    message: 'The request did not arrive in time. Stored all the same: /a.',
  })
  t.strictSame(memory.snapshot(), { ...files().snapshot(), a: 'first' }, 'what was whole before is stored')
  t.strictSame(memory.temporaries, {})
  t.equal(memory.openCount, 0)
  t.throws(() => send(files(), [cut]), { code: 'bad_body' })
  t.throws(() => send(files(), [cut, Object.assign(new Error('gone'), { code: 'ECONNRESET' })]), { code: 'ECONNRESET' })
})

t.test('a directory that cannot be meant ends it, and what was stored is told', async (t) => {
  const memory = files()
  t.throws(
    () =>
      send(memory, [
        body([
          ['f', '1', 'a'],
          ['directory', '../..'],
          ['f', '2', 'b'],
        ]),
      ]),
    {
      code: 'bad_name',
      message: /Stored all the same: \/a\.$/,
    },
  )
  t.strictSame(memory.snapshot(), { ...files().snapshot(), a: '1' })
})
