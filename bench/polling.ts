/**
 * What one wake-up costs with many silent connections, by the sets of the blocking engine: the one of `poll(2)` against
 * the one of `epoll(7)`.
 *
 *     node --import=./scripts/typescript.js bench/polling.ts [--sockets 10000] [--rounds 9]
 *
 * Both hold sockets that have nothing to say, beside a pipe that always has something. Microseconds for
 * one wait, the median of rounds that are interleaved. Linux only.
 */
import fs from 'node:fs'
import { parseArgs } from 'node:util'
import { check } from '../src/posix/listening.ts'
import { constants, SOCK_DGRAM } from '../src/posix/platform.ts'
import { posix } from '../src/posix/posix.ts'
import { EpollSet } from '../src/sync/epollset.ts'
import { PollSet } from '../src/sync/pollset.ts'
import { pipe } from '../src/sync/sockets.ts'
import type { Watched, WatchSet } from '../src/sync/watchset.ts'
import { median } from './serving.ts'

const { values } = parseArgs({
  options: { sockets: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '9' } },
})
const calls = 200
const [readable, writing] = pipe()
fs.writeSync(writing, 'x')

/** Sockets of the internet that take datagrams need no peer to be silent. */
const silent = (): number => check(posix.socket(constants.AF_INET, SOCK_DGRAM, 0), 'socket', 'raise ulimit -n')

/** Microseconds for one wait. */
function time(set: WatchSet<Watched>): number {
  const begun = process.hrtime.bigint()
  for (let i = 0; i < calls; i += 1) if (set.wait(0).length !== 1) throw new Error('not just the pipe was seen')
  return Number(process.hrtime.bigint() - begun) / 1000 / calls
}

const sets = { poll: new PollSet<Watched>(), epoll: new EpollSet<Watched>() }
const watch = (fd: number) => {
  for (const set of Object.values(sets)) set.add({ fd, shared: false, slot: -1 })
}
watch(readable)
let count = 0
for (const wanted of [10, 100, 1000, Number(values.sockets)]) {
  for (; count < wanted; count += 1) watch(silent())
  const found = { poll: [] as number[], epoll: [] as number[] }
  for (let round = 0; round < Number(values.rounds); round += 1) {
    found.poll.push(time(sets.poll))
    found.epoll.push(time(sets.epoll))
  }
  console.log(`${count} sockets: poll ${median(found.poll).toFixed(1)} µs, epoll ${median(found.epoll).toFixed(1)} µs`)
}
