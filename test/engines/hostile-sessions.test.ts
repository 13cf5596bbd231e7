/**
 * Peers of a session that mean harm, or know no better. For each, on both engines: the right close code or answer, the
 * connection ended where it must be, nothing changed, and other clients served at once.
 */
import fs from 'node:fs'
import type { Test } from 'tap'
import { type Engine, forEachEngine, type Service, startEngine } from '../fixtures/engines.ts'
import { close, fragments, frame, ping, text } from '../fixtures/frames.ts'
import { rpc } from '../fixtures/session.ts'
import { SessionClient } from '../fixtures/session-client.ts'

interface Attack {
  readonly name: string
  readonly bytes: Buffer
  /** What the server closes with. */
  readonly code: number
}

const bad = Buffer.from([0x7b, 0xc0, 0xaf, 0x7d])
const many = (count: number, piece: Buffer) => Buffer.concat(Array.from({ length: count }, () => piece))

const attacks: readonly Attack[] = [
  { name: 'a frame that is not masked', bytes: text('{}', { key: undefined }), code: 1002 },
  { name: 'a close that is not masked', bytes: frame(8, '', { key: undefined }), code: 1002 },
  ...[1, 2, 3, 4, 5, 6, 7].map((reserved) => ({
    name: `reserved bits ${reserved}`,
    bytes: text('{}', { reserved }),
    code: 1002,
  })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    name: `opcode ${opcode}`,
    bytes: frame(opcode),
    code: 1002,
  })),
  { name: 'a fragmented ping', bytes: frame(9, 'x', { fin: false }), code: 1002 },
  { name: 'a fragmented close', bytes: frame(8, '', { fin: false }), code: 1002 },
  { name: 'a ping of 126 bytes', bytes: ping('x'.repeat(126)), code: 1002 },
  { name: 'a ping that announces 2^62 bytes', bytes: frame(9, '', { form: 64, length: 1n << 62n }), code: 1002 },
  { name: 'a continuation of nothing', bytes: frame(0, 'x'), code: 1002 },
  { name: 'a message within another', bytes: Buffer.concat([text('x', { fin: false }), text('y')]), code: 1002 },
  { name: 'a length in more bytes than it needs', bytes: text('x', { form: 64 }), code: 1002 },
  { name: 'a length of 2^63', bytes: text('', { form: 64, length: 1n << 63n }), code: 1002 },
  { name: 'a close code that may not be sent', bytes: close(1006), code: 1002 },
  { name: 'a close of one byte', bytes: frame(8, 'x'), code: 1002 },
  { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), code: 1002 },
  {
    name: 'bytes of all kinds',
    bytes: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) & 255)),
    code: 1002,
  },
  { name: 'a binary message', bytes: frame(2, '{}'), code: 1003 },
  { name: 'bad UTF-8', bytes: text(bad), code: 1007 },
  { name: 'bad UTF-8 across fragments', bytes: fragments(bad.subarray(0, 2), bad.subarray(2)), code: 1007 },
  { name: 'bad UTF-8 in the reason of a close', bytes: close(1000, bad), code: 1007 },
  { name: 'a message of 64 KiB and a byte', bytes: text('x'.repeat(65_537)), code: 1009 },
  { name: 'a message of 10 MB', bytes: text('x'.repeat(10_000_000)), code: 1009 },
  { name: 'a message that announces 2^62 bytes', bytes: text('', { form: 64, length: 1n << 62n }), code: 1009 },
  { name: 'a message too big in its fragments', bytes: fragments('x'.repeat(60_000), 'x'.repeat(6_000)), code: 1009 },
  { name: '100,000 tiny fragments', bytes: fragments(...'x'.repeat(100_000)), code: 1008 },
  {
    name: '100,000 empty fragments',
    bytes: Buffer.concat([text('', { fin: false }), many(100_000, frame(0, '', { fin: false }))]),
    code: 1008,
  },
  { name: '10,000 pings', bytes: many(10_000, ping()), code: 1008 },
]

/** Messages that are frames like any other, and no calls: they are answered, and the session goes on. */
const messages: readonly (readonly [name: string, text: string, code: number])[] = [
  ['deep JSON', `${'['.repeat(32_000)}${']'.repeat(32_000)}`, -32600],
  ['deep objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, -32600],
  ['JSON without an end', '['.repeat(65_000), -32700],
  ['a number without an end', '9'.repeat(65_000), -32600],
  ['a string of escapes', `"${'\\u0000'.repeat(10_000)}"`, -32600],
  ['a batch', `[${'{"jsonrpc":"2.0","method":"pwd"},'.repeat(1000)}1]`, -32600],
  ['many members', `{${Array.from({ length: 5000 }, (_, i) => `"k${i}":0`).join()}}`, -32600],
  ['__proto__', '{"__proto__":{"jsonrpc":"2.0","id":1,"method":"pwd"}}', -32600],
  ['__proto__ in params', '{"jsonrpc":"2.0","id":1,"method":"cd","params":{"__proto__":{"path":"/"}}}', -32602],
  ['a method of all objects', '{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601],
  ['params of a wrong type', '{"jsonrpc":"2.0","id":1,"method":"cd","params":{"path":{"toString":"x"}}}', -32602],
  ['a list of params', '{"jsonrpc":"2.0","id":1,"method":"remove","params":["a"]}', -32602],
  ['an id that is too long', `{"jsonrpc":"2.0","id":"${'x'.repeat(1000)}","method":"pwd"}`, -32600],
  [
    'a path without an end',
    `{"jsonrpc":"2.0","id":1,"method":"cd","params":{"path":"${'a/'.repeat(30_000)}"}}`,
    -32000,
  ],
  ['ups without an end', `{"jsonrpc":"2.0","id":1,"method":"cd","params":{"path":"${'../'.repeat(20_000)}"}}`, -32000],
  [
    'a name of 60,000 bytes',
    `{"jsonrpc":"2.0","id":1,"method":"mkdir","params":{"path":"${'x'.repeat(60_000)}"}}`,
    -32000,
  ],
  ['a name with NUL', '{"jsonrpc":"2.0","id":1,"method":"mkdir","params":{"path":"x\\u0000y"}}', -32000],
  ['half a surrogate', '{"jsonrpc":"2.0","id":1,"method":"mkdir","params":{"path":"\\ud800"}}', -32000],
]

async function served(t: Test, service: Service, other: SessionClient): Promise<void> {
  t.equal((await service.ask('GET', '/a')).text, 'hello', 'others are served')
  t.match(await other.call('list'), { total: 1 }, 'and so are other sessions')
}

async function attack(t: Test, service: Service, other: SessionClient, { bytes, code }: Attack): Promise<void> {
  const client = await SessionClient.open(service.server.address)
  // What it sends may not be taken to its end: nobody waits for that.
  const sending = client.send(bytes, rpc(1, 'remove', { path: 'a' }))
  let said = await client.said()
  while (said?.startsWith('pong')) said = await client.said()
  t.match(said, new RegExp(`^close ${code} \\w`))
  await served(t, service, other)
  client.destroy()
  await sending
}

async function attackAll(t: Test, engine: Engine): Promise<void> {
  const service = await startEngine(t, engine)
  fs.writeFileSync(service.path('a'), 'hello')
  const other = await SessionClient.open(service.server.address)
  for (const each of attacks) await t.test(each.name, (t) => attack(t, service, other, each))
  const client = await SessionClient.open(service.server.address)
  for (const [name, message, code] of messages) {
    await client.send(text(message))
    t.match(JSON.parse((await client.said()) ?? ''), { error: { code } }, name)
    t.match(await client.call('pwd'), { path: '/' }, 'and the session goes on')
    await served(t, service, other)
  }
  for (const each of [client, other]) each.destroy()
  t.same(service.tree(), { a: 'file hello' }, 'nothing has changed')
}

forEachEngine(attackAll)
