import t from 'tap'
import { sortEntries } from '../../../src/core/operations/list.ts'
import type { ListingEntry, ListingSort } from '../../../src/core/pages/listing.ts'

function entry(name: string, size: number, time: number, kind: ListingEntry['kind'] = 'file'): ListingEntry {
  return { name, kind, size, mtimeNs: BigInt(time), reachable: true }
}

const entries = [
  entry('b', 1, 30),
  entry('Dir', 0, 5, 'directory'),
  entry('a', 3, 20),
  entry('C', 2, 10),
  entry('A', 3, 20),
  entry('dir', 0, 6, 'directory'),
  entry('link', 1, 30, 'link'),
  entry('another', 0, 6, 'directory'),
]

const orders: readonly (readonly [key: ListingSort['key'], descending: boolean, expected: string])[] = [
  ['name', false, 'another Dir dir A a b C link'],
  ['name', true, 'dir Dir another link C b a A'],
  ['size', false, 'another Dir dir b link C A a'],
  ['size', true, 'another Dir dir A a C b link'],
  ['mtime', false, 'Dir another dir C A a b link'],
  ['mtime', true, 'another dir Dir b link A a C'],
]

for (const [key, descending, expected] of orders) {
  t.test(`by ${key}${descending ? ', descending' : ''}`, async (t) => {
    for (const from of [entries, [...entries].reverse()]) {
      const sorted = [...from]
      sortEntries(sorted, { key, descending })
      t.equal(sorted.map(({ name }) => name).join(' '), expected)
    }
  })
}

t.test('equal names stay, and nothing is nothing', async (t) => {
  const twins = [entry('a', 1, 1), entry('a', 1, 1)]
  sortEntries(twins, { key: 'name', descending: true })
  t.strictSame(twins, [entry('a', 1, 1), entry('a', 1, 1)])
  const none: ListingEntry[] = []
  sortEntries(none, { key: 'size', descending: false })
  t.strictSame(none, [])
})
