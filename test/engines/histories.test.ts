/**
 * Several clients at a time on few names: whatever they are answered, it is what they could have been answered had one
 * come after another (docs/concurrency.md). `test/torture/histories.ts` does the same for as long as one likes.
 *
 *     SEED=42 npx tap --disable-coverage test/engines/histories.test.ts
 */
import { type Test, test } from 'tap'
import { type Engine, engines, forEachEngine, type Service, startEngine, startOn } from '../fixtures/engines.ts'
import { namesOf, plansOf } from '../fixtures/histories/operations.ts'
import { shrink } from '../fixtures/histories/shrink.ts'
import { Trial } from '../fixtures/histories/trial.ts'

const extent = { names: 3, clients: 5, requests: 5, huge: true }
const seeds = process.env.SEED === undefined ? [1, Math.floor(Math.random() * 2 ** 31)] : [Number(process.env.SEED)]
const operations = 600

/** @param services on one directory @param what is said where one is wrong */
async function play(t: Test, services: readonly Service[], what: string): Promise<void> {
  const addresses = services.map(({ server }) => server.address)
  const temporaries = () => services[0]?.temporaries() ?? []
  const trial = new Trial({ addresses, names: namesOf(extent), temporaries })
  t.teardown(() => trial.leave())
  for (const [at, seed] of seeds.entries()) {
    for (const plan of plansOf(seed, extent)) {
      if (trial.operations >= ((at + 1) * operations) / seeds.length) break
      const failure = await trial.round(plan)
      if (failure === undefined) continue
      const { text } = await shrink(trial, failure, 10, 200)
      t.fail(`seed ${seed}, ${what}: ${text}`)
      break
    }
  }
  t.ok(trial.operations >= operations, 'they were played')
  const kinds = new Set([...trial.answers.keys()].map((kind) => kind.slice(0, -2)))
  for (const kind of ['put', 'get', 'head', 'delete', 'move', 'copy', 'post']) {
    t.ok(kinds.has(`${kind} 2`) && kinds.has(`${kind} 4`), `${kind} was done, and was refused`)
  }
}

/** To wait for the disk stretches the operations of one, and the other has more of them at a time. */
const settings = [0, 1 << 20].map((cacheBytes) => ({ cacheBytes, fsync: cacheBytes === 0 }))

forEachEngine(async (t, engine) => {
  for (const setting of settings) {
    await play(t, [await startEngine(t, engine, setting)], `cache of ${setting.cacheBytes} bytes`)
  }
})

test('a server of each engine on one directory', async (t) => {
  for (const setting of settings) {
    const [first, ...others] = engines as [Engine, ...Engine[]]
    const service = await startEngine(t, first, setting)
    const beside = await Promise.all(others.map((engine) => startOn(t, engine, service.root, setting)))
    await play(t, [service, ...beside], `cache of ${setting.cacheBytes} bytes`)
  }
})

test('several threads, and several processes', async (t) => {
  for (const engine of engines) {
    const loops = engine.name === 'sync' ? { threads: 3 } : { workers: 3 }
    await play(t, [await startEngine(t, engine, { ...settings[1], ...loops })], engine.name)
  }
})
