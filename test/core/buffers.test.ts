import { test } from 'tap'
import {
  borrow,
  bufferSize,
  giveBack,
  giveBuffer,
  giveLarge,
  Loan,
  largeSize,
  takeBuffer,
  takeLarge,
} from '../../src/core/buffers.ts'
import { pure } from '../fixtures/script.ts'

test('a buffer that was given back is taken again, the last one first', async (t) => {
  const [a, b] = [takeBuffer(), takeBuffer()]
  t.equal(a.length, bufferSize)
  t.not(a, b)
  giveBuffer(a)
  giveBuffer(b)
  t.equal(takeBuffer(), b)
  t.equal(takeBuffer(), a)
})

test('no more than 64 are kept', async (t) => {
  const taken = Array.from({ length: 65 }, takeBuffer)
  for (const buffer of taken) giveBuffer(buffer)
  const again = new Set(Array.from({ length: 65 }, takeBuffer))
  t.equal(again.size, 65)
  t.equal(taken.filter((buffer) => again.has(buffer)).length, 64)
  t.notOk(again.has(taken[64] as Buffer), 'the one given last was let go')
})

test('a loan goes back once: when it ends, or when the answer that keeps it has been sent', async (t) => {
  const buffer = takeBuffer()
  giveBuffer(buffer)
  const loan = new Loan()
  t.equal(loan.room.buffer, buffer.buffer, 'the buffer that was free')
  t.ok(loan.room.length < bufferSize, 'with room left for a header section')
  loan.end()
  const kept = new Loan()
  t.equal(kept.room.buffer, buffer.buffer)
  kept.kept = true
  kept.end()
  const other = takeBuffer()
  t.not(other, buffer, 'it is still in use')
  pure(kept.giveBack())
  t.equal(takeBuffer(), buffer)
})

test('large buffers are few, and used again', async (t) => {
  const taken = Array.from({ length: 33 }, takeLarge)
  t.equal(taken[31]?.length, largeSize)
  t.equal(taken[32], undefined)
  t.equal(new Set(taken).size, 33)
  const [first] = taken as [Buffer]
  giveLarge(first)
  t.equal(takeLarge(), first)
  for (const buffer of taken.slice(0, 32) as Buffer[]) giveLarge(buffer)
})

test('what is borrowed is large as long as there are large buffers, and goes back to where it came from', async (t) => {
  const large = Array.from({ length: 31 }, takeLarge) as Buffer[]
  const [last, small] = [borrow(), borrow()]
  t.equal(last.length, largeSize)
  t.equal(small.length, bufferSize)
  giveBack(small)
  t.equal(takeBuffer(), small)
  giveBack(last)
  t.equal(takeLarge(), last)
  for (const buffer of [...large, last]) giveLarge(buffer)
})
