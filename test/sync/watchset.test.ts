/**
 * The sets of descriptors that the loop waits with: both kinds, where the system has both, must tell the same.
 */
import fs from 'node:fs'
import t, { type Test } from 'tap'
import { close, duplicate } from '../../src/posix/listening.ts'
import { isLinux } from '../../src/posix/platform.ts'
import { EpollSet } from '../../src/sync/epollset.ts'
import { PollSet } from '../../src/sync/pollset.ts'
import { pipe } from '../../src/sync/sockets.ts'
import { type Watched, type WatchSet, watchSet } from '../../src/sync/watchset.ts'

/** The reading end of a pipe. */
class Ear implements Watched {
  readonly fd: number
  readonly shared: boolean
  slot = -1
  private readonly mouth: number

  constructor(t: Test, shared = false) {
    const [fd, mouth] = pipe()
    this.fd = fd
    this.mouth = mouth
    this.shared = shared
    t.teardown(() => {
      close(fd)
      close(mouth)
    })
  }

  say(): void {
    fs.writeSync(this.mouth, 'x')
  }

  /** Nobody will say anything any more. */
  hangUp(): void {
    close(this.mouth)
  }

  hear(): void {
    fs.readSync(this.fd, Buffer.alloc(1))
  }
}

const kinds: Readonly<Record<string, () => WatchSet<Ear>>> = {
  poll: () => new PollSet(),
  ...(isLinux ? { epoll: () => new EpollSet<Ear>() } : {}),
}

t.type(watchSet(), isLinux ? EpollSet : PollSet, 'the better one that the system has')

for (const [name, make] of Object.entries(kinds)) {
  t.test(name, async (t) => {
    const open = (t: Test) => {
      const set = make()
      t.teardown(() => set.fd === undefined || close(set.fd))
      return set
    }
    const among = (ears: readonly Ear[], seen: readonly Ear[]) =>
      seen.map((ear) => ears.indexOf(ear)).sort((a, b) => a - b)

    t.test('tells what is so, until it is not so any more', async (t) => {
      const set = open(t)
      const ears = [new Ear(t), new Ear(t), new Ear(t)]
      for (const ear of ears) set.add(ear)
      t.strictSame(set.wait(0), [])
      ears[1]?.say()
      t.strictSame(among(ears, set.wait(Infinity)), [1])
      t.strictSame(among(ears, set.wait(Infinity)), [1], 'again')
      ears[2]?.hangUp()
      t.strictSame(among(ears, set.wait(Infinity)), [1, 2], 'an end is something to read')
      ears[1]?.hear()
      t.strictSame(among(ears, set.wait(0)), [2])
    })

    t.test('who has left is not told of, and may come back', async (t) => {
      const set = open(t)
      const ears = [new Ear(t), new Ear(t), new Ear(t)]
      const [first, second, third] = ears as [Ear, Ear, Ear]
      for (const ear of ears) set.add(ear)
      for (const ear of ears) ear.say()
      set.remove(first)
      t.strictSame(among(ears, set.wait(0)), [1, 2])
      t.strictSame(among(ears, [...set]), [1, 2])
      set.remove(first)
      set.remove(third)
      t.strictSame(among(ears, set.wait(0)), [1], 'to leave again changes nothing')
      set.add(first)
      t.strictSame(among(ears, set.wait(0)), [0, 1], 'what was said meanwhile is not lost')
      set.remove(second)
      set.remove(first)
      t.strictSame([...set], [])
      t.strictSame(set.wait(0), [])
    })

    t.test('a descriptor that somebody else has too is gone with its entry', async (t) => {
      const set = open(t)
      const ear = new Ear(t)
      // As a child has it that has been forked, until it goes on to another program.
      const copy = duplicate(ear.fd)
      t.teardown(() => close(copy))
      set.add(ear)
      ear.say()
      set.remove(ear)
      close(ear.fd)
      t.strictSame(set.wait(0), [])
    })

    t.test('one wait tells of all, however many there are', async (t) => {
      const set = open(t)
      const ears = Array.from({ length: 300 }, () => new Ear(t))
      for (const ear of ears) {
        set.add(ear)
        ear.say()
      }
      t.strictSame(among(ears, set.wait(0)), [...ears.keys()])
      for (const ear of ears.slice(0, 299)) set.remove(ear)
      t.strictSame(among(ears, set.wait(0)), [299])
    })

    t.test('a shared descriptor is told of to whoever looks', async (t) => {
      const ear = new Ear(t, true)
      const own = Object.assign(Object.create(Ear.prototype) as Ear, ear)
      const sets = [open(t), open(t)] as const
      sets[0].add(ear)
      sets[1].add(own)
      ear.say()
      for (const set of sets) t.equal(set.wait(0).length, 1)
      sets[0].remove(ear)
      sets[0].add(ear)
      for (const set of sets) t.equal(set.wait(0).length, 1, 'also behind the others')
      ear.hear()
      for (const set of sets) t.strictSame(set.wait(0), [])
    })

    t.test('waits no longer than it is asked to', async (t) => {
      const set = open(t)
      set.add(new Ear(t))
      t.strictSame(set.wait(0.5), [])
    })
  })
}

if (isLinux) {
  t.test('epoll: what cannot be watched is refused, and not in the set', async (t) => {
    const set = new EpollSet<Watched>()
    t.teardown(() => close(set.fd))
    const entry = { fd: fs.openSync(import.meta.filename, 'r'), shared: false, slot: -1 }
    t.teardown(() => close(entry.fd))
    // A file is always ready (epoll_ctl(2)).
    t.throws(() => set.add(entry), { code: 'EPERM', syscall: 'epoll_ctl' })
    t.strictSame([...set], [])
    set.remove(entry)
  })
}
