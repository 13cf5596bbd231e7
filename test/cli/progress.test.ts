/** What is shown of progress, on a clock that the test sets. */
import { test } from 'tap'
import { duration, ProgressDisplay, textOf } from '../../src/cli/progress.ts'
import type { Progress } from '../../src/client/index.ts'

const mib = 1024 * 1024
const at = (done: number, rest: Partial<Progress> = {}): Progress => ({
  path: '/a.iso',
  phase: 'transfer',
  done,
  total: 100 * mib,
  bytes: done,
  totalBytes: 100 * mib,
  files: 0,
  totalFiles: 1,
  ...rest,
})

function display(isTTY: boolean, columns?: number) {
  const written: string[] = []
  let now = 0
  const screen = { isTTY, ...(columns === undefined ? {} : { columns }), write: (text: string) => written.push(text) }
  const shown = new ProgressDisplay(screen, () => now)
  const update = (time: number, progress: Progress) => {
    now = time
    shown.update(progress)
    return written.splice(0)
  }
  const clear = () => {
    shown.clear()
    return written.splice(0)
  }
  return { update, clear }
}

test('on a terminal: a bar that is drawn over', async (t) => {
  const { update, clear } = display(true, 100)
  t.same(update(500, at(mib)), [], 'nothing in the first second')
  t.same(clear(), [], 'and nothing to take away')
  t.same(update(1000, at(25 * mib)), [
    '\r 25% [=====>              ] 25.0 MiB of 100.0 MiB, 25.0 MiB/s, 0:03 left, /a.iso\u001b[K',
  ])
  t.same(update(1050, at(26 * mib)), [], 'not more often than the eye sees')
  t.match(update(2000, at(60 * mib)), [/^\r 60% /])
  t.same(clear(), ['\r\u001b[K'])
  t.match(update(2001, at(61 * mib)), [/^\r 61% /], 'drawn again at once')
})

test('no line is as long as the terminal is wide', async (t) => {
  const { update } = display(true, 40)
  const [line = ''] = update(2000, at(mib))
  t.equal(line.length, 1 + 39 + 3)
})

test('elsewhere: a plain line now and then', async (t) => {
  const { update, clear } = display(false)
  t.same(update(999, at(mib)), [])
  t.match(update(1000, at(2 * mib)), [/^ {2}2% .*\n$/])
  t.same(update(5999, at(3 * mib)), [])
  t.match(update(6000, at(4 * mib)), [/^ {2}4% /])
  t.same(clear(), [])
})

test('the rate is that of the last seconds', async (t) => {
  const { update } = display(true, 200)
  for (let second = 1; second <= 10; second++) update(second * 1000, at(second * mib))
  const [line = ''] = update(20_000, at(10 * mib))
  t.match(line, / 0 B\/s, /)
  t.notMatch(line, /left/, 'and without one nobody knows how long it takes')
})

test('lines', async (t) => {
  const rows: readonly (readonly [Progress, number, string])[] = [
    [at(0), 0, '  0% [>                   ] 0 B of 100.0 MiB, 0 B/s, /a.iso'],
    [at(100 * mib), mib, '100% [====================] 100.0 MiB of 100.0 MiB, 1.0 MiB/s, 0:00 left, /a.iso'],
    [
      at(50 * mib, { files: 2, totalFiles: 10 }),
      mib / 2,
      ' 50% [==========>         ] 50.0 MiB of 100.0 MiB, 512.0 KiB/s, 1:40 left, /a.iso (3 of 10)',
    ],
    [at(5, { total: undefined, totalBytes: undefined }), 1, '5 B, 1 B/s, /a.iso'],
    [at(5, { totalBytes: undefined, totalFiles: undefined, files: 4 }), 1, '5 B, 1 B/s, /a.iso (5 of ?)'],
    [at(50 * mib, { phase: 'digest' }), 1, ' 50% verifying /a.iso'],
    [at(0, { total: 0, totalBytes: 0 }), 0, '100% [====================] 0 B of 0 B, 0 B/s, /a.iso'],
    [at(5, { path: '/a\u001b[2J\u202e', totalBytes: undefined, total: undefined }), 1, '5 B, 1 B/s, /a\uFFFD[2J\uFFFD'],
  ]
  for (const [progress, rate, line] of rows) t.equal(textOf(progress, rate), line)
})

test('durations', async (t) => {
  t.same([0, 0.1, 59.5, 60, 3599, 3600, 11_229].map(duration), [
    '0:00',
    '0:01',
    '1:00',
    '1:00',
    '59:59',
    '1:00:00',
    '3:07:09',
  ])
})
