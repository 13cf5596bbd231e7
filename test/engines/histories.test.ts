/**
 * Several clients at a time on few names: whatever they are answered, it is what they could have been answered had one
 * come after another (docs/concurrency.md). `test/torture/histories.ts` does the same for as long as one likes.
 *
 *     SEED=42 npx tap --disable-coverage test/engines/histories.test.ts
 */

import { forEachEngine, startEngine } from '../fixtures/engines.ts'
import { namesOf, plansOf } from '../fixtures/histories/operations.ts'
import { shrink } from '../fixtures/histories/shrink.ts'
import { Trial } from '../fixtures/histories/trial.ts'

const extent = { names: 3, clients: 5, requests: 5, huge: true }
const seeds = process.env.SEED === undefined ? [1, Math.floor(Math.random() * 2 ** 31)] : [Number(process.env.SEED)]
const operations = 600

forEachEngine(async (t, engine) => {
  for (const cacheBytes of [0, 1 << 20]) {
    // To wait for the disk stretches the operations of one, and the other has more of them at a time.
    const service = await startEngine(t, engine, { cacheBytes, fsync: cacheBytes === 0 })
    const addresses = [service.server.address]
    const trial = new Trial({ addresses, names: namesOf(extent), temporaries: () => service.temporaries() })
    t.teardown(() => trial.leave())
    for (const [at, seed] of seeds.entries()) {
      for (const plan of plansOf(seed, extent)) {
        if (trial.operations >= ((at + 1) * operations) / seeds.length) break
        const failure = await trial.round(plan)
        if (failure === undefined) continue
        const { text } = await shrink(trial, failure, 10, 200)
        t.fail(`seed ${seed}, cache of ${cacheBytes} bytes: ${text}`)
        break
      }
    }
    t.ok(trial.operations >= operations, 'they were played')
    const kinds = new Set([...trial.answers.keys()].map((what) => what.slice(0, -2)))
    for (const kind of ['put', 'get', 'head', 'delete', 'move', 'copy', 'post']) {
      t.ok(kinds.has(`${kind} 2`) && kinds.has(`${kind} 4`), `${kind} was done, and was refused`)
    }
  }
})
