import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { Log } from '../../src/async/log.ts'
import { temporary } from '../fixtures/temporary.ts'

t.test('lines are gathered, and written in order', async (t) => {
  const file = path.join(await temporary(t), 'log')
  const fd = fs.openSync(file, 'w')
  const log = new Log(fd)
  log.line('one')
  log.line('zwei ü')
  await log.end()
  t.equal(fs.readFileSync(file, 'utf8'), 'one\nzwei ü\n')
  fs.closeSync(fd)
})

t.test('nothing to write', async () => {
  await new Log(2).end()
})

t.test('a log that cannot be written is no failure', async (t) => {
  const fd = fs.openSync(path.join(await temporary(t), 'log'), 'w')
  fs.closeSync(fd)
  const log = new Log(fd)
  log.line('lost')
  await log.end()
})

t.test('a full pipe that does not block is tried again, and memory has a bound', async (t) => {
  const at = path.join(await temporary(t), 'fifo')
  await once(spawn('mkfifo', [at]), 'exit')
  const reading = fs.openSync(at, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  const writing = fs.openSync(at, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)
  const log = new Log(writing)
  for (let made = 0; made < 5000; made += 1) log.line('x'.repeat(999))
  let read = 0
  const into = Buffer.alloc(1 << 20)
  while (read < 1_000_000) {
    await new Promise(setImmediate)
    try {
      read += fs.readSync(reading, into)
    } catch (error) {
      if ((error as { code: string }).code !== 'EAGAIN') throw error
    }
  }
  t.ok(read < 2_500_000, `${read} of 5,000,000`)
  await log.end()
  fs.closeSync(reading)
  fs.closeSync(writing)
})

t.test('a trace that cannot be written is given up once, and takes no more', async (t) => {
  const fd = fs.openSync('/dev/full', 'a')
  const failures: unknown[] = []
  const log = new Log(fd, { piece: 65_536, failed: ({ code }) => void failures.push(code) })
  t.ok(log.line('lost'))
  await log.end()
  t.notOk(log.line('not taken'))
  await log.end()
  t.strictSame(failures, ['ENOSPC'])
  fs.closeSync(fd)
})
