import t from 'tap'
import type { Calls } from '../../src/core/calls.ts'
import { call, type Program } from '../../src/core/program.ts'
import { run } from '../../src/sync/run.ts'
import { driverTests } from '../fixtures/drivers.ts'

t.test('as every driver', (t) => driverTests(t, async (program, answers) => run(program, answers as unknown as Calls)))

t.test('does not let the event loop turn', (t) => {
  let turned = false
  queueMicrotask(() => {
    turned = true
  })
  function* program(): Program<number> {
    let sum = 0
    for (let at = 0; at < 1000; at += 1) sum += yield* call('read', 1, new Uint8Array(1), at)
    return sum
  }
  t.equal(run(program(), { read: (_: number, __: Uint8Array, at: number) => at } as unknown as Calls), 499500)
  t.notOk(turned)
  t.end()
})

t.test('a cancelled program fails where it only looks, and still gives back what it holds', (t) => {
  const made: string[] = []
  const calls = {
    read: (_: number, __: Uint8Array, at: number) => made.push(`read at ${at}`),
    close: (fd: number) => made.push(`close ${fd}`),
  } as unknown as Calls
  function* program(): Program<void> {
    try {
      for (let at = 0; ; at += 1) yield* call('read', 1, new Uint8Array(1), at)
    } finally {
      yield* call('close', 7)
    }
  }
  t.throws(() => run(program(), calls, () => made.length === 2), { code: 'ECANCELED' })
  t.strictSame(made, ['read at 0', 'read at 1', 'close 7'])
  t.end()
})

t.test('an answer that is a promise is handed over as it is', (t) => {
  const promise = Promise.resolve(1)
  function* program(): Program<unknown> {
    return yield* call('read', 1, new Uint8Array(1), 0)
  }
  t.equal(run(program(), { read: () => promise } as unknown as Calls), promise)
  t.end()
})
