/** JSON-RPC: what is a call and what is not, whatever comes. */
import fc from 'fast-check'
import t from 'tap'
import { errorCodes } from '../../../src/core/errors.ts'
import { answerTo } from '../../../src/core/session/answer.ts'
import { Place } from '../../../src/core/session/methods.ts'
import { everything } from '../../fixtures/access.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

function ask(text: string, memory = new MemoryFiles().tree({ a: 'aaa', docs: {} })) {
  const { message, ...rest } = run(
    answerTo(new Place(siteOn(memory), everything), text, () => {}),
    memory,
  )
  return { message: message as unknown, ...rest }
}

const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
const deepObject = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
const call = (members: string) => `{"jsonrpc":"2.0",${members}}`

const table: readonly (readonly [what: string, text: string, id: unknown, code: number, sentence: RegExp])[] = [
  ['nothing', '', null, -32700, /not JSON/],
  ['no JSON', 'hello', null, -32700, /not JSON/],
  ['half of it', call('"id":1,"method":"pwd"').slice(0, -1), null, -32700, /not JSON/],
  ['two calls', call('"id":1,"method":"pwd"').repeat(2), null, -32700, /not JSON/],
  ['a byte order mark', `\ufeff${call('"id":1,"method":"pwd"')}`, null, -32700, /not JSON/],
  ['a string', '"pwd"', null, -32600, /is an object/],
  ['a number', '1', null, -32600, /is an object/],
  ['null', 'null', null, -32600, /is an object/],
  ['a batch', `[${call('"id":1,"method":"pwd"')}]`, null, -32600, /not as a batch/],
  ['an empty batch', '[]', null, -32600, /not as a batch/],
  ['deep arrays', deep, null, -32600, /batch/],
  ['an empty object', '{}', null, -32600, /jsonrpc must be/],
  ['deep objects', deepObject, null, -32600, /jsonrpc must be/],
  ['no jsonrpc', '{"id":1,"method":"pwd"}', 1, -32600, /jsonrpc must be/],
  ['jsonrpc 1.0', '{"jsonrpc":"1.0","id":1,"method":"pwd"}', 1, -32600, /jsonrpc must be/],
  ['jsonrpc as a number', '{"jsonrpc":2.0,"id":1,"method":"pwd"}', 1, -32600, /jsonrpc must be/],
  ['no method', call('"id":"x"'), 'x', -32600, /method must be/],
  ['a method that is a number', call('"id":1,"method":1'), 1, -32600, /method must be/],
  ['a method that is an object', call('"id":1,"method":{}'), 1, -32600, /method must be/],
  ['id null', call('"id":null,"method":"pwd"'), null, -32600, /id must be/],
  ['id true', call('"id":true,"method":"pwd"'), null, -32600, /id must be/],
  ['an id that is an object', call('"id":{},"method":"pwd"'), null, -32600, /id must be/],
  ['a fraction for an id', call('"id":1.5,"method":"pwd"'), null, -32600, /id must be/],
  ['an id that is too large', call('"id":9007199254740992,"method":"pwd"'), null, -32600, /id must be/],
  ['an id that is too long', call(`"id":"${'x'.repeat(129)}","method":"pwd"`), null, -32600, /id must be/],
  ['no such method', call('"id":1,"method":"fly"'), 1, -32601, /no method fly/],
  ['a method in another case', call('"id":1,"method":"PWD"'), 1, -32601, /no method PWD/],
  ['a method of all objects', call('"id":1,"method":"toString"'), 1, -32601, /no method toString/],
  ['__proto__ as a method', call('"id":1,"method":"__proto__"'), 1, -32601, /no method __proto__/],
  ['constructor as a method', call('"id":1,"method":"constructor"'), 1, -32601, /no method constructor/],
  ['an endless method', call(`"id":1,"method":"${'x'.repeat(60_000)}"`), 1, -32601, /no method x{64}\.$/],
  ['a list of parameters', call('"id":1,"method":"cd","params":["docs"]'), 1, -32602, /members of an object/],
  ['params null', call('"id":1,"method":"pwd","params":null'), 1, -32602, /members of an object/],
  ['params that are a string', call('"id":1,"method":"cd","params":"docs"'), 1, -32602, /members of an object/],
  ['a parameter missing', call('"id":1,"method":"cd","params":{}'), 1, -32602, /cd needs path/],
  ['no params', call('"id":1,"method":"cd"'), 1, -32602, /cd needs path/],
  ['a parameter unknown', call('"id":1,"method":"pwd","params":{"x":1}'), 1, -32602, /pwd has no parameter x/],
  ['a number for a string', call('"id":1,"method":"cd","params":{"path":1}'), 1, -32602, /path must be a string/],
  ['null for a string', call('"id":1,"method":"cd","params":{"path":null}'), 1, -32602, /path must be a string/],
  ['a list for a string', call('"id":1,"method":"cd","params":{"path":["a"]}'), 1, -32602, /path must be a string/],
  [
    'an object that acts as a string',
    call('"id":1,"method":"cd","params":{"path":{"length":1,"0":"a"}}'),
    1,
    -32602,
    /path must be a string/,
  ],
  [
    '1 for true',
    call('"id":1,"method":"remove","params":{"path":"docs","recursive":1}'),
    1,
    -32602,
    /recursive must be true or false/,
  ],
  ['a limit of 0', call('"id":1,"method":"list","params":{"limit":0}'), 1, -32602, /limit must be an integer/],
  ['a limit below', call('"id":1,"method":"list","params":{"limit":-1}'), 1, -32602, /limit must be an integer/],
  ['half a limit', call('"id":1,"method":"list","params":{"limit":1.5}'), 1, -32602, /limit must be an integer/],
  ['a limit of 1e999', call('"id":1,"method":"list","params":{"limit":1e999}'), 1, -32602, /limit must be an integer/],
  ['a limit in letters', call('"id":1,"method":"list","params":{"limit":"9"}'), 1, -32602, /limit must be an integer/],
  [
    'a path by way of __proto__',
    call('"id":1,"method":"cd","params":{"__proto__":{"path":"docs"}}'),
    1,
    -32602,
    /cd has no parameter __proto__/,
  ],
  [
    'a parameter of all objects',
    call('"id":1,"method":"cd","params":{"path":"docs","toString":"x"}'),
    1,
    -32602,
    /cd has no parameter toString/,
  ],
  [
    'an id by way of __proto__',
    '{"jsonrpc":"2.0","__proto__":{"id":5},"method":"fly"}',
    undefined,
    -32601,
    /no method fly/,
  ],
]
for (const [what, text, id, code, sentence] of table) {
  t.test(what, async (t) => {
    const { message, status } = ask(text)
    if (id === undefined) return t.equal(message, undefined, 'it is a notification')
    t.match(message, { jsonrpc: '2.0', id, error: { code, message: sentence, data: { code: String, status } } })
    t.strictSame(Object.keys(message as object), ['jsonrpc', 'id', 'error'])
  })
}

t.test('ids come back as they were', async (t) => {
  for (const id of [0, -1, 9_007_199_254_740_991, '', 'x'.repeat(128), '1']) {
    const { message } = ask(call(`"id":${JSON.stringify(id)},"method":"pwd"`))
    t.strictSame(message, { jsonrpc: '2.0', id, result: { path: '/' } })
  }
})

t.test('other members are ignored, and the last of two of one name counts', async (t) => {
  t.match(ask(call('"id":1,"method":"pwd","more":[1],"__proto__":null')).message, { id: 1, result: { path: '/' } })
  t.match(ask(call('"id":1,"id":2,"method":"pwd"')).message, { id: 2, result: { path: '/' } })
})

t.test('a notification is done, and not answered, whatever becomes of it', async (t) => {
  const memory = new MemoryFiles().tree({})
  t.match(ask(call('"method":"mkdir","params":{"path":"x"}'), memory), { message: undefined, status: 200 })
  t.ok(memory.has('x'))
  t.match(ask(call('"method":"mkdir","params":{"path":"x"}'), memory), { message: undefined, status: 409 })
  t.match(ask(call('"method":"fly"'), memory), { message: undefined, status: 501 })
  t.match(ask(call('"method":"mkdir"'), memory), { message: undefined, status: 400 })
})

t.test('no message brings it down, or reaches what all objects have', async (t) => {
  const names = fc.constantFrom('jsonrpc', 'id', 'method', 'params', '__proto__', 'constructor', 'path')
  const values = fc.oneof(
    fc.constantFrom<unknown>('2.0', 'pwd', 'cd', 'list', 'stat', 1, null, {}, [], '..', 'docs', '__proto__'),
    fc.jsonValue(),
  )
  const objects = fc.array(fc.tuple(names, values), { maxLength: 6 }).map((members) => {
    return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
  })
  const texts = fc.oneof(objects, fc.json(), fc.string())
  const property = fc.property(texts, (text) => {
    const { message, mistake } = ask(text)
    const code = (message as { error?: { data: { code: string } } } | undefined)?.error?.data.code
    return mistake === undefined && (code === undefined || (errorCodes as readonly string[]).includes(code))
  })
  t.equal(fc.check(property, { numRuns: 500 }).counterexample, null)
  t.strictSame(Object.keys(Object.prototype), [])
})
