import { test } from 'tap'
import { formatListing, formatTime, summary } from '../../../src/cli/shell/listing.ts'
import type { Entry } from '../../../src/cli/shell/sides.ts'

const modified = new Date(2026, 10, 21, 6, 5, 4)
const entries: readonly Entry[] = [
  { name: 'a.txt', kind: 'file', size: 5, modified },
  { name: 'big one', kind: 'file', size: 1_234_567, modified },
  { name: 'docs', kind: 'directory', modified },
  { name: 'here', kind: 'link', size: 4, modified, target: 'directory' },
  { name: 'lost', kind: 'link', size: 4, modified },
  { name: 'pipe', kind: 'other', size: 0 },
]

test('columns are aligned', async (t) => {
  t.strictSame(formatListing(entries), [
    '    5 B  2026-11-21 06:05  a.txt',
    '1.2 MiB  2026-11-21 06:05  big one',
    '      -  2026-11-21 06:05  docs/',
    '    4 B  2026-11-21 06:05  here@',
    '    4 B  2026-11-21 06:05  lost@',
    '    0 B                    pipe',
  ])
  t.strictSame(formatListing(entries, true), [
    'file               5  2026-11-21 06:05:04  a.txt',
    'file       1,234,567  2026-11-21 06:05:04  big one',
    'directory          -  2026-11-21 06:05:04  docs/',
    'link               4  2026-11-21 06:05:04  here@ -> a directory',
    'link               4  2026-11-21 06:05:04  lost@ -> nothing here',
    'other              0                       pipe',
  ])
  t.strictSame(formatListing([]), [])
})

test('names cannot give orders to a terminal', async (t) => {
  const [line] = formatListing([{ name: 'a\u001b[2J\u202egpj.exe\n', kind: 'file', size: 1, modified }])
  t.equal(line, '1 B  2026-11-21 06:05  a\ufffd[2J\ufffdgpj.exe\ufffd')
})

test('times', async (t) => {
  t.equal(formatTime(undefined), ' '.repeat(16))
  t.equal(formatTime(new Date(Number.NaN), true), ' '.repeat(19))
})

test('what it comes to', async (t) => {
  t.equal(summary(entries), '5 files, 1 directory, 1.2 MiB')
  t.equal(summary([]), '0 files, 0 directories, 0 B')
})
