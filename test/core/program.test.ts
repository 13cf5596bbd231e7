import { test } from 'tap'
import { call, type Program } from '../../src/core/program.ts'
import { CallFailure, drive } from '../fixtures/script.ts'

test('a call is yielded with its arguments, and its answer sent back', async (t) => {
  const into = new Uint8Array(4)
  const program = call('read', 5, into, 7)
  t.strictSame(program.next(), { value: { name: 'read', args: [5, into, 7] }, done: false })
  t.strictSame(program.next(3), { value: 3, done: true })
})

function* openAndRead(log: string[]): Program<number> {
  const fd = yield* call('open', { fd: 3, path: '/' }, 'name', 'read')
  try {
    return yield* call('read', fd, new Uint8Array(1), 0)
  } finally {
    log.push('finally')
    yield* call('close', fd)
    log.push('closed')
  }
}

test('a program that is cancelled by a failing call still closes what it has opened', async (t) => {
  const log: string[] = []
  const calls = {
    open: () => 9,
    read: () => {
      throw new CallFailure('ECANCELED')
    },
    close: (fd: number) => void log.push(`close ${fd}`),
  }
  t.throws(() => drive(openAndRead(log), calls), { code: 'ECANCELED' })
  t.strictSame(log, ['finally', 'close 9', 'closed'])
})

test('a program ends with its value', async (t) => {
  const log: string[] = []
  t.equal(drive(openAndRead(log), { open: () => 9, read: () => 1, close: () => {} }), 1)
  t.strictSame(log, ['finally', 'closed'])
})

test('a call that a script has no answer for ends the test', async (t) => {
  t.throws(() => drive(openAndRead([]), {}), { message: 'the script has no answer for open' })
})
