/**
 * What one wake-up costs with many silent connections: `poll(2)`, which the blocking engine uses, against `epoll(7)`.
 *
 *     node --import=./scripts/typescript.js bench/polling.ts [--sockets 10000] [--rounds 9]
 *
 * Both through koffi, on sockets that have nothing to say, beside a pipe that always has something. Microseconds for
 * one call, the median of rounds that are interleaved. Linux only.
 */
import fs from 'node:fs'
import { parseArgs } from 'node:util'
import koffi from 'koffi'
import { median } from './serving.ts'

const { values } = parseArgs({
  options: { sockets: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '9' } },
})
const calls = 200
const c = koffi.load(null)
const socket = c.func('int socket(int family, int type, int protocol)')
const pipe = c.func('int pipe(void *fds)')
const poll = c.func('int poll(void *fds, ulong count, int timeout)')
const create = c.func('int epoll_create1(int flags)')
const control = c.func('int epoll_ctl(int epfd, int op, int fd, const void *event)')
const wait = c.func('int epoll_wait(int epfd, void *events, int most, int timeout)')

const ends = new Int32Array(2)
if (pipe(ends) < 0) throw new Error('pipe failed')
fs.writeSync(ends[1] as number, 'x')
/** Sockets of the internet that take datagrams: they need no peer to be silent. */
const [inet, datagram, readable, add] = [2, 2, 1, 1]

/** `struct epoll_event` is packed on x86-64 (epoll_event(3type)): 12 bytes, and 16 elsewhere. */
const eventSize = process.arch === 'x64' ? 12 : 16
/** What both watch. */
function watch(set: number, count: number): Int32Array {
  const words = new Int32Array(2 * (count + 1))
  for (let slot = 0; slot <= count; slot += 1) {
    const fd = slot === 0 ? (ends[0] as number) : socket(inet, datagram, 0)
    if (fd < 0) throw new Error(`no descriptor for socket ${slot}: raise ulimit -n`)
    words[2 * slot] = fd
    words[2 * slot + 1] = readable
    const event = Buffer.alloc(eventSize)
    event.writeUInt32LE(readable)
    if (control(set, add, fd, event) < 0) throw new Error('epoll_ctl failed')
  }
  return words
}

/** Microseconds for one call. */
function time(call: () => number): number {
  const begun = process.hrtime.bigint()
  for (let i = 0; i < calls; i += 1) if (call() < 1) throw new Error('nothing was seen')
  return Number(process.hrtime.bigint() - begun) / 1000 / calls
}

for (const count of [10, 100, 1000, Number(values.sockets)]) {
  const set = create(0)
  const words = watch(set, count)
  const events = Buffer.alloc(eventSize * 64)
  const ways = { poll: () => poll(words, count + 1, 0), epoll: () => wait(set, events, 64, 0) }
  const found = { poll: [] as number[], epoll: [] as number[] }
  for (let round = 0; round < Number(values.rounds); round += 1) {
    found.poll.push(time(ways.poll))
    found.epoll.push(time(ways.epoll))
  }
  console.log(`${count} sockets: poll ${median(found.poll).toFixed(1)} µs, epoll ${median(found.epoll).toFixed(1)} µs`)
  for (let slot = 1; slot <= count; slot += 1) fs.closeSync(words[2 * slot] as number)
  fs.closeSync(set)
}
