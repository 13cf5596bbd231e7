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

t.test('no two files have one time, however the time is rounded on its way', async (t) => {
  const start = 1_795_242_419_935_175_000n
  for (let nanoseconds = 0n; nanoseconds < 1000n; nanoseconds += 7n) {
    const memory = filesAt(start + nanoseconds, 9)
    const site = siteOn(memory)
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
    t.equal(times[0], memory.clock, 'the first has the time of the clock')
    t.ok((times[8] as bigint) - memory.clock < 9000n, 'and the others hardly later ones')
  }
})

t.test('the clock of the files goes before, where it is later', async (t) => {
  const memory = filesAt(1_795_242_419_935_175_158n, 3)
  const site = siteOn(memory)
  const date = (name: string) => run(dated(site, memory.calls.open(memory.root, name, 'read')), memory).mtimeNs
  t.equal(date('f0'), memory.clock)
  t.equal(date('f1'), 1_795_242_419_935_176_500n, 'the middle of the next microsecond')
  memory.clock += 1_000_000n
  memory.rewrite('f2', 'changed')
  t.equal(date('f2'), memory.clock)
  t.equal(memory.node('f2').mtimeNs, memory.clock, 'which is left as it is')
})
