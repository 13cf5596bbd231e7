/** What is made of a server's own account of its time. */
import { test } from 'tap'
import { Answer } from '../../bench/load/answer.ts'
import { phasesOf } from '../../bench/load/phases.ts'

test('phases by name, in seconds', async (t) => {
  const fields = [
    'wait;dur=1000, files;dur=500, total;dur=2000',
    'wait;dur=3000.000, total;dur=4000',
    '',
    'cache;desc="hit"',
  ]
  const phases = phasesOf([...fields, 'wait ; dur=5000'])
  t.same(Object.keys(phases), ['wait', 'files', 'total'], 'in the order in which they came')
  t.same(phases.wait, { mean: 3, p50: 3, p99: 5 })
  t.same(phases.files, { mean: 0.5, p50: 0.5, p99: 0.5 }, 'over the answers that told of it')
  t.same(phasesOf([]), {})
})

test('an answer keeps what its server says of its time, if it is to', async (t) => {
  const text = 'HTTP/1.1 204 No Content\r\nserver-timing: wait;dur=0.1,  total;dur=0.2\r\nDate: x\r\n\r\n'
  for (const [timed, timing] of [
    [true, 'wait;dur=0.1,  total;dur=0.2'],
    [false, ''],
  ] as const) {
    const answer = new Answer('GET', undefined, timed)
    t.equal(answer.read(Buffer.from(text)), true)
    t.equal(answer.timing, timing)
  }
})
