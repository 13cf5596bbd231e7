/** Connections stop short of what the process may open. */
import t from 'tap'
import { mostDescriptors, withinDescriptors } from '../../src/core/descriptors.ts'
import type { ServeOptions } from '../../src/core/options.ts'
import { quiet } from '../fixtures/quiet.ts'

t.test('the soft limit, as Linux tells it (proc(5))', async (t) => {
  const lines =
    'Max stack size 8388608 unlimited bytes\nMax open files            1024                 524288               files\n'
  t.equal(mostDescriptors(lines), 1024)
  t.equal(mostDescriptors('Max open files            unlimited            unlimited            files\n'), undefined)
  t.equal(mostDescriptors(''), undefined)
})

t.test('connections that there is room for', async (t) => {
  const options = (connections?: number): ServeOptions => ({
    ...quiet,
    root: '/x',
    ...(connections === undefined ? {} : { limits: { connections, idleTime: 1 } }),
  })
  const room = (descriptors: number | undefined, wanted?: number) =>
    withinDescriptors(options(wanted), descriptors).limits
  t.strictSame(room(undefined), undefined)
  t.strictSame(room(20_000), undefined, 'as many as by default')
  t.strictSame(room(1024), { connections: 768 })
  t.strictSame(room(100), { connections: 36 })
  t.strictSame(room(20), { connections: 1 })
  t.strictSame(withinDescriptors(options(), 1024, 3).limits, { connections: 256 }, 'three for each')
  t.strictSame(room(1024, 700), { connections: 700, idleTime: 1 }, 'what was asked for')
  t.strictSame(room(1024, 5000), { connections: 768, idleTime: 1 })
})
