import t from 'tap'
import { type LaterCalls, run, start } from '../../src/async/run.ts'
import { call, type Program } from '../../src/core/program.ts'
import { driverTests } from '../fixtures/drivers.ts'

t.test('as every driver, answered at once', (t) =>
  driverTests(t, (program, answers) => run(program, answers as LaterCalls)),
)

t.test('as every driver, answered later', (t) =>
  driverTests(t, (program, answers) => {
    const later = Object.entries(answers).map(([name, answer]) => [
      name,
      async (...args: unknown[]) => {
        await new Promise(setImmediate)
        return (answer as (...args: unknown[]) => unknown)(...args)
      },
    ])
    return run(program, Object.fromEntries(later))
  }),
)

function* reads(count: number): Program<number> {
  let sum = 0
  for (let at = 0; at < count; at += 1) sum += yield* call('read', 1, new Uint8Array(1), at)
  return sum
}

const fail = (error: unknown) => {
  throw error
}

t.test('an answer that is not a promise is not awaited', (t) => {
  const calls = { read: (_: number, __: Uint8Array, at: number) => at } as unknown as LaterCalls
  let ended: number | undefined
  start(
    reads(100_000),
    calls,
    (value) => {
      ended = value
    },
    fail,
  )
  t.equal(ended, 4999950000, 'before start returned')
  t.end()
})

t.test('programs run side by side', async (t) => {
  const waiting: ((value: number) => void)[] = []
  const calls = { read: () => new Promise<number>((resolve) => waiting.push(resolve)) } as unknown as LaterCalls
  const first = run(reads(1), calls)
  const second = run(reads(1), calls)
  t.equal(waiting.length, 2, 'both have made their call')
  waiting[1]?.(2)
  t.equal(await second, 2, 'the second ends first')
  waiting[0]?.(1)
  t.equal(await first, 1)
})

t.test('what a call fails with that was waited for is noted, also where the program goes on', async (t) => {
  const failure = new Error('EMFILE')
  const calls = { read: () => Promise.reject(failure) } as unknown as LaterCalls
  const told: unknown[] = []
  function* catches(): Program<string> {
    try {
      yield* call('read', 1, new Uint8Array(1), 0)
    } catch (error) {
      told.push('caught', error)
    }
    return 'ended'
  }
  await new Promise((resolve, reject) => start(catches(), calls, resolve, reject, (error) => told.push('noted', error)))
  t.strictSame(told, ['noted', failure, 'caught', failure])
})

t.test('a cancelled program fails where it only looks, and still gives back what it holds', async (t) => {
  const made: string[] = []
  let answer = (_: number) => {}
  const calls = {
    read: () => new Promise<number>((resolve) => (answer = resolve)),
    close: (fd: number) => made.push(`close ${fd}`),
  } as unknown as LaterCalls
  function* program(): Program<number> {
    try {
      return (yield* reads(2)) + (yield* reads(1))
    } finally {
      yield* call('close', 7)
    }
  }
  const outcome = new Promise((resolve, reject) => {
    start(program(), calls, resolve, reject).cancel()
  })
  t.strictSame(made, [], 'the call that is under way is waited for')
  answer(1)
  await t.rejects(outcome, { code: 'ECANCELED' })
  t.strictSame(made, ['close 7'])
})

t.test('what fails after the end is not taken for a failure of the program', async (t) => {
  let failed = 0
  t.throws(() =>
    start(
      reads(0),
      {} as LaterCalls,
      () => {
        throw new Error('the listener')
      },
      () => {
        failed += 1
      },
    ),
  )
  t.equal(failed, 0)
})
