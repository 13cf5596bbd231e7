import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { Log } from '../../src/sync/log.ts'
import { temporary } from '../fixtures/temporary.ts'

t.test('lines are gathered, and written in order', async (t) => {
  const file = path.join(await temporary(t), 'log')
  const fd = fs.openSync(file, 'w')
  const log = new Log(fd)
  log.line('one')
  log.line('zwei ü')
  t.equal(fs.readFileSync(file, 'utf8'), '')
  t.ok(log.pending)
  log.flush()
  t.equal(fs.readFileSync(file, 'utf8'), 'one\nzwei ü\n')
  t.notOk(log.pending)
  log.line('x'.repeat(20_000))
  t.equal(fs.statSync(file).size, 20_013, 'much is written at once')
  fs.closeSync(fd)
})

t.test('a log that cannot be written is no failure', async (t) => {
  const fd = fs.openSync(path.join(await temporary(t), 'log'), 'w')
  fs.closeSync(fd)
  const log = new Log(fd)
  log.line('lost')
  log.flush()
  t.notOk(log.pending, 'and what was lost does not come back')
})

t.test('a full pipe that does not block is tried again, and memory has a bound', async (t) => {
  const at = path.join(await temporary(t), 'fifo')
  await once(spawn('mkfifo', [at]), 'exit')
  const reading = fs.openSync(at, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  const writing = fs.openSync(at, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)
  const log = new Log(writing)
  const line = 'x'.repeat(999)
  for (let made = 0; made < 5000; made += 1) log.line(line)
  log.flush()
  t.ok(log.pending)
  let read = 0
  const into = Buffer.alloc(1 << 20)
  while (log.pending) {
    read += fs.readSync(reading, into)
    log.flush()
  }
  t.ok(read > 500_000 && read < 2_500_000, `${read} of 5,000,000`)
  fs.closeSync(reading)
  fs.closeSync(writing)
})

t.test('a trace that cannot be written is given up once, and takes no more', async (t) => {
  const fd = fs.openSync('/dev/full', 'a')
  const failures: unknown[] = []
  const log = new Log(fd, { piece: 65_536, failed: ({ code }) => void failures.push(code) })
  t.ok(log.line('lost'))
  log.flush()
  t.notOk(log.line('not taken'))
  log.flush()
  t.strictSame(failures, ['ENOSPC'])
  fs.closeSync(fd)
})
