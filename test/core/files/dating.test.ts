import t from 'tap'
import { dated } from '../../../src/core/files/dating.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

/** A file system whose clock stands at a time, with some empty files in it. */
function filesAt(clock: bigint, count: number): MemoryFiles {
  const memory = new MemoryFiles()
  memory.clock = clock
  return memory.tree(Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, ''])))
}

const date = 1_795_242_419_935

t.test('no two files have one time, however the time is rounded on its way', async (t) => {
  for (let milliseconds = 0; milliseconds < 150; milliseconds += 1) {
    const memory = filesAt(0n, 9)
    const site = siteOn(memory)
    site.clock.date = date + milliseconds
    const now = BigInt(site.clock.date) * 1_000_000n
    const calls = {
      ...memory.calls,
      // fs.futimes: seconds as a double; and uv_fs_futime, which cuts off what is below a microsecond.
      futimens: (fd: number, mtimeNs: bigint) =>
        memory.calls.futimens(fd, BigInt(Math.trunc((Number(mtimeNs) / 1e9) * 1e6)) * 1000n),
    }
    const times = Array.from({ length: 9 }, (_, index) => {
      const fd = calls.open(memory.root, `f${index}`, 'read')
      return run(dated(site, fd), { calls } as MemoryFiles).mtimeNs
    })
    t.equal(new Set(times).size, 9, `${times}`)
    t.equal(times[0], now, 'the first has the time of the clock')
    t.ok((times[8] as bigint) - now < 9000n, 'and the others hardly later ones')
  }
})

t.test('the clock goes before, where it is later', async (t) => {
  const memory = filesAt(0n, 3)
  const site = siteOn(memory)
  site.clock.date = date
  const dateOf = (name: string) => run(dated(site, memory.calls.open(memory.root, name, 'read')), memory).mtimeNs
  t.equal(dateOf('f0'), BigInt(date) * 1_000_000n + 500n, 'the middle of a microsecond')
  t.equal(dateOf('f1'), BigInt(date) * 1_000_000n + 1500n, 'and of the next')
  site.clock.date += 1
  t.equal(dateOf('f2'), BigInt(date + 1) * 1_000_000n + 500n)
})

t.test('where nobody may date files they have the time of the kernel', async (t) => {
  const memory = filesAt(77n, 1)
    .failOn('futimens', 1, 'EPERM')
    .failOn('futimens', 2, 'EPERM')
    .failOn('futimens', 3, 'EIO')
  const site = siteOn(memory)
  const fd = memory.calls.open(memory.root, 'f0', 'read')
  t.equal(run(dated(site, fd), memory).mtimeNs, 77n)
  t.throws(() => run(dated(site, fd, 1000n), memory), { code: 'EPERM' }, 'a time that the client wants is not left out')
  t.throws(() => run(dated(site, fd), memory), { code: 'EIO' })
})
