import t from 'tap'
import { DigestMemory } from '../../../src/core/files/digest-memory.ts'

const inside = (memory: DigestMemory, ...keys: string[]) => keys.filter((key) => memory.get(key) !== undefined)

t.test('what was used last is remembered, and no more than the limit', async (t) => {
  const memory = new DigestMemory(2)
  t.equal(memory.get('a'), undefined)
  memory.keep('a', '1')
  memory.keep('b', '2')
  t.equal(memory.get('a'), '1', 'now used last')
  memory.keep('c', '3')
  t.strictSame(inside(memory, 'a', 'b', 'c'), ['a', 'c'])
  memory.keep('a', '4')
  t.equal(memory.get('a'), '4')
  t.strictSame(inside(memory, 'a', 'b', 'c'), ['a', 'c'], 'the same key takes no room')
  const none = new DigestMemory(0)
  none.keep('a', '1')
  t.equal(none.get('a'), undefined)
})
