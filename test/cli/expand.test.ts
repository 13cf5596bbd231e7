/** Names of this side with patterns in them, and JSON. */
import fs from 'node:fs'
import { test } from 'tap'
import { expandHere } from '../../src/cli/client/expand.ts'
import { safeJson } from '../../src/cli/client/terminal.ts'
import { failureOf, here } from '../fixtures/clients.ts'

test('local patterns, which the shell has left as they are', async (t) => {
  const local = await here(t)
  fs.mkdirSync(local('d1'))
  fs.mkdirSync(local('d2', 'deep'), { recursive: true })
  for (const name of ['b.txt', 'a.txt', '.hidden.txt', '[x]', 'd1/c.txt', 'd2/c.txt', 'd2/deep/e'])
    fs.writeFileSync(local(name), '')
  const found = async (pattern: string) =>
    (await expandHere(local(pattern))).map((path) => path.slice(local().length + 1))
  t.same(await found('*.txt'), ['a.txt', 'b.txt'])
  t.same(await found('.*.txt'), ['.hidden.txt'])
  t.same(await found('d*/c.txt'), ['d1/c.txt', 'd2/c.txt'])
  t.same(await found('d?/d*/?'), ['d2/deep/e'])
  t.same(await found('[x]'), ['[x]'], 'what exists as it is written is meant')
  t.same(await found('plain'), ['plain'])
  t.match(await failureOf(expandHere(local('z*'))), { code: 'not_found', message: `Nothing matches ${local('z*')}.` })
})

test('JSON that a terminal may show', async (t) => {
  const name = 'a\u001b[2J\u009b\u202e\u2028\u{e0001}é😀'
  const json = safeJson({ name })
  t.equal(json, '{"name":"a\\u001b[2J\\u009b\\u202e\\u2028\\udb40\\udc01é😀"}')
  t.same(JSON.parse(json), { name })
})
