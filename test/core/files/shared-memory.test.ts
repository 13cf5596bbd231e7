/** What several servers know at once. */
import t from 'tap'
import { SharedMemory, sharedBytes } from '../../../src/core/files/shared-memory.ts'

/** Two servers, and what they have in common. */
function two() {
  const memory = new ArrayBuffer(sharedBytes)
  return { memory, one: new SharedMemory(memory), other: new SharedMemory(memory) }
}

/** Paths that fall on other words than `/a`. */
function apart(shared: SharedMemory): readonly string[] {
  const own = shared.versionOf('/a')?.at
  return Array.from({ length: 20 }, (_, at) => `/${at}`).filter((path) => shared.versionOf(path)?.at !== own)
}

t.test('a change of a path, and of anything', async (t) => {
  const { one, other } = two()
  const others = apart(one)
  t.ok(others.length > 10)
  for (const changed of [['/a'], ['/a', '/A'], ['/none', '/a'], 'everything'] as const) {
    const far = others[0] as string
    const versions = () => [one.versionOf('/a'), one.versionOf(far)] as const
    const [before, beforeFar] = versions()
    if (before === undefined || beforeFar === undefined) throw new TypeError('nothing is under way')
    t.ok(one.isNow(before))
    other.begin(changed)
    other.begin(changed)
    t.equal(one.versionOf('/a'), undefined, 'while it is under way')
    t.notOk(one.isNow(before))
    t.equal(one.isNow(beforeFar), changed !== 'everything')
    other.end([changed, changed])
    const [after, afterFar] = versions()
    if (after === undefined || afterFar === undefined) throw new TypeError('it has ended')
    t.notOk(one.isNow(before), 'and afterwards')
    t.ok(one.isNow(after))
    t.equal(one.isNow(beforeFar), changed !== 'everything')
    other.note(changed)
    t.notOk(one.isNow(after), 'and one without the lock')
    t.ok(one.versionOf('/a'), 'is never under way')
  }
})

t.test('what may be one file falls on one word', async (t) => {
  const { one } = two()
  const at = (path: string) => one.versionOf(path)?.at
  t.equal(at('/Straße/É'), at('/STRASSE/e\u0301'))
  t.not(at('/a'), at('/b'))
})

t.test('all words are within the memory', async (t) => {
  const { one, memory } = two()
  const words = new Set(Array.from({ length: 20_000 }, (_, at) => one.versionOf(`/some/path-${at}.txt`)?.at as number))
  t.ok(words.size > 900, 'and hardly any is left out')
  t.ok(Math.min(...words) >= 4 && Math.max(...words) < memory.byteLength / 4)
})

t.test('repairing what is odd, while it is said that something is under way', async (t) => {
  const { one, other } = two()
  one.begin(['/a', '/b'])
  one.begin('everything')
  other.repair()
  for (const path of ['/a', '/b', '/c']) t.ok(one.versionOf(path))
  const version = one.versionOf('/a')
  other.repair()
  t.ok(version && one.isNow(version), 'nothing is changed where nothing is wrong')
})

t.test('times, each given once', async (t) => {
  const { one, other } = two()
  const now = 1_795_242_419_935_175_158n
  t.equal(one.giveTime(now), now, 'the wanted one')
  t.equal(other.giveTime(now), 1_795_242_419_935_176_500n, 'the middle of the next microsecond')
  t.equal(one.giveTime(now - 1_000_000_000n), 1_795_242_419_935_177_500n, 'also where the clock is behind')
  t.equal(other.giveTime(now + 1_000_000n), now + 1_000_000n)
  const hour = 3_600_000_000_000n
  t.equal(one.giveTime(now + 100n * hour), now + 100n * hour)
  t.equal(other.giveTime(now), now, 'a clock that was set back is not run after')
})

t.test('of two who ask at one moment, each gets a time of his own', async (t) => {
  const { memory, one, other } = two()
  const now = 1_795_242_419_935_175_158n
  const { compareExchange } = Atomics
  t.teardown(() => {
    Atomics.compareExchange = compareExchange
  })
  let between = () => {}
  Atomics.compareExchange = ((...args: Parameters<typeof compareExchange>) => {
    const act = between
    between = () => {}
    act()
    return compareExchange(...args)
  }) as typeof compareExchange
  let theirs: bigint | undefined
  between = () => {
    theirs = other.giveTime(now)
  }
  const ours = one.giveTime(now)
  t.equal(theirs, now)
  t.equal(ours, 1_795_242_419_935_176_500n)
  t.equal(new BigInt64Array(memory)[0], ours)
})
