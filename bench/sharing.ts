/**
 * What it costs that servers agree (docs/concurrency.md): with tinybench, in random order, several rounds.
 *
 *     node --import=./scripts/typescript.js bench/sharing.ts [DIRECTORY]
 *
 * An exclusive step that renames a file, with the lock that all servers have in common and with one of its own, on each
 * engine; the look that is taken before a cached file is served; and what is entered for an upload where there is a quota.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from 'tinybench'
import * as later from '../src/async/calls.ts'
import { commonCalls as commonLater } from '../src/async/common.ts'
import { environment } from '../src/async/environment.ts'
import { Loader } from '../src/async/loader.ts'
import { type LaterCalls, run as runLater } from '../src/async/run.ts'
import type { Calls, Directory } from '../src/core/calls.ts'
import { exclusively } from '../src/core/files/exclusive.ts'
import type { Version } from '../src/core/files/shared-memory.ts'
import { call, type Program } from '../src/core/program.ts'
import type { Site } from '../src/core/site.ts'
import { openSite } from '../src/core/start.ts'
import * as now from '../src/sync/calls.ts'
import { commonCalls as commonNow } from '../src/sync/common.ts'
import { run as runNow } from '../src/sync/run.ts'
import { Shared } from '../src/sync/shared.ts'
import { quiet } from '../test/fixtures/quiet.ts'

const top = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'twinserve-bench-'))
writeFileSync(join(top, 'a'), '')
const root = now.openRoot(top)
const loader = new Loader()
// What a listener does in a server: the threads alone are no reason for the process to go on.
const alive = setInterval(() => {}, 1_000_000)
const [commonOfNow, commonOfLater] = [commonNow(new Shared()), commonLater()]
const [callsNow, callsLater] = [
  { ...now.fileCalls, ...commonOfNow } as unknown as Calls,
  { ...later.fileCalls, ...later.loadCall(loader), ...commonOfLater } as unknown as LaterCalls,
]
/** The same with a lock that no other process sees. */
const own = { lock: () => {}, unlock: () => {} }
const options = { ...quiet, readOnly: false, quota: 2 ** 40 }
const site = runNow(
  openSite(options, root, environment, () => {}),
  callsNow,
)
const siteLater = await runLater(
  openSite(options, root, environment, () => {}),
  callsLater,
)

function* renamed(of: Site, directory: Directory): Program<void> {
  yield* exclusively(of, function* (changing) {
    changing(['/a'])
    yield* call('rename', directory, 'a', directory, 'b')
    yield* call('rename', directory, 'b', directory, 'a')
  })
}

function* entered(of: Site): Program<void> {
  yield* of.quota?.claim(of, 1) ?? nothing()
  yield* of.quota?.settle(of, 1, 0) ?? nothing()
}

function* nothing(): Program<void> {}

const version = site.shared.versionOf('/some/path') as Version
const looks = 100
const tasks: Record<string, readonly [times: number, task: () => unknown]> = {
  'sync: two renames, common lock': [1, () => runNow(renamed(site, root), callsNow)],
  'sync: two renames, own lock': [1, () => runNow(renamed(site, root), { ...callsNow, ...own })],
  'async: two renames, common lock': [1, () => runLater(renamed(siteLater, root), callsLater)],
  'async: two renames, own lock': [1, () => runLater(renamed(siteLater, root), { ...callsLater, ...own })],
  'sync: an upload in the ledger': [1, () => runNow(entered(site), callsNow)],
  'async: an upload in the ledger': [1, () => runLater(entered(siteLater), callsLater)],
  'a look at a version': [
    looks,
    () => {
      for (let n = 0; n < looks; n += 1) site.shared.isNow(version)
    },
  ],
}

const best = new Map<string, number>()
for (let round = 0; round < 5; round += 1) {
  const bench = new Bench({ time: 200, warmupTime: 50 })
  for (const name of Object.keys(tasks).sort(() => Math.random() - 0.5)) {
    const [, task] = tasks[name] as (typeof tasks)[string]
    bench.add(name, async () => {
      await task()
    })
  }
  await bench.run()
  for (const { name, result } of bench.tasks) {
    if (!('latency' in result)) throw new Error(`${name} was not measured`)
    const [times] = tasks[name] as (typeof tasks)[string]
    best.set(name, Math.min(best.get(name) ?? Infinity, (result.latency.p50 * 1e6) / times))
  }
}
console.log('ns, the best median of five rounds:')
for (const name of Object.keys(tasks))
  console.log(`  ${name.padEnd(34)} ${(best.get(name) as number).toFixed(0).padStart(8)}`)
clearInterval(alive)
await loader.end()
for (const common of [commonOfNow, commonOfLater]) common.leave()
rmSync(top, { recursive: true })
