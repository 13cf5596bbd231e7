/**
 * Histories of concurrent requests on few names, against servers in processes of their own, held to the rules in
 * docs/concurrency.md:
 *
 *     node --import=./scripts/typescript.js test/torture/histories.ts --engine async --operations 100000
 *
 *     --engine sync|async     one server of it; `--engine sync,async` starts two on one directory
 *     --threads N             of each server of the blocking engine, 1 unless said
 *     --workers N             processes of each server of the event loop, 1 unless said
 *     --address HOST:PORT     servers that run already, in place of `--engine`; may be given several times
 *     --operations N          how many requests, 20,000 unless said
 *     --seed N                which plans; told, and at random unless said
 *     --names, --clients, --requests   how large a plan is at most: 3, 6, 6
 *     --dated                 some files have a time that the client says; two versions may then have one entity tag, as
 *                             docs/concurrency.md says, and are told of as a violation
 *     --cache BYTES           of each server, 0 unless said
 *     --directory PATH        where to make the shared directory, or with `--address` the one that is shared
 *     --failures N            after how many to stop, 1 unless said
 *     --plays N               plays to make the first failure shorter, 600 unless said
 *
 * The exit status is 1 when there were failures.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { namesOf, plansOf } from '../fixtures/histories/operations.ts'
import { shrink } from '../fixtures/histories/shrink.ts'
import { type Failure, Trial } from '../fixtures/histories/trial.ts'
import type { Where } from '../fixtures/raw-client.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'async' },
    threads: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    address: { type: 'string', multiple: true, default: [] },
    operations: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    names: { type: 'string', default: '3' },
    clients: { type: 'string', default: '6' },
    requests: { type: 'string', default: '6' },
    dated: { type: 'boolean', default: false },
    cache: { type: 'string', default: '0' },
    directory: { type: 'string', default: tmpdir() },
    failures: { type: 'string', default: '1' },
    plays: { type: 'string', default: '600' },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const entry = fileURLToPath(new URL('../fixtures/serving-process-entry.ts', import.meta.url))
const loader = fileURLToPath(new URL('../../scripts/typescript.js', import.meta.url))

interface Server {
  readonly where: Where
  stop(): Promise<void>
}

/** A server in a process of its own, that ends with this one. */
async function start(engine: string, root: string): Promise<Server> {
  const loops = engine === 'sync' ? { threads: Number(values.threads) } : { workers: Number(values.workers) }
  const options = JSON.stringify({ readOnly: false, cacheBytes: Number(values.cache), ...loops })
  const child = spawn(process.execPath, [`--import=${loader}`, entry, engine, root, options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString()))
    child.once('exit', (code) => reject(new Error(`the server ended at once: ${code}`)))
  })
  return {
    where: JSON.parse(line),
    stop() {
      child.stdin.end()
      return exited
    },
  }
}

function whereOf(address: string): Where {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) }
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** How often what went wrong, in a few words. */
function kindsOf(failures: readonly Failure[]): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const { text } of failures) {
    const [first = ''] = text.split('\n')
    const kind = /is told of|no order|torn|left over/.exec(first)?.[0] ?? 'connection'
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return kinds
}

async function run(addresses: readonly Where[], root: string | undefined): Promise<readonly Failure[]> {
  const extent = {
    names: Number(values.names),
    clients: Number(values.clients),
    requests: Number(values.requests),
    huge: true,
    dated: values.dated,
  }
  const temporaries = () => (root === undefined ? [] : filesIn(join(root, '.twinserve', 'temporary')))
  const trial = new Trial({ addresses, names: namesOf(extent), temporaries })
  await trial.prepare(new Set())
  const failures: Failure[] = []
  const began = performance.now()
  for (const plan of plansOf(Number(values.seed), extent)) {
    if (trial.operations >= Number(values.operations)) break
    const failure = await trial.round(plan)
    if (failure === undefined) continue
    failures.push(failure)
    if (failures.length >= Number(values.failures)) break
  }
  const { operations, rounds, answers } = trial
  const seconds = (performance.now() - began) / 1000
  const [first] = failures
  if (first !== undefined) {
    const short = await shrink(trial, first, 25, Number(values.plays))
    say(`\n${short.text}\n`)
    say(`the plan: ${JSON.stringify(short.plan)}`)
  }
  trial.leave()
  if (failures.length > 1) say(`kinds of them: ${JSON.stringify(kindsOf(failures))}`)
  say(JSON.stringify(Object.fromEntries([...answers].sort())))
  say(
    `${operations} operations in ${rounds} rounds and ${seconds.toFixed(0)} s, seed ${values.seed}: ${failures.length} violations`,
  )
  return failures
}

let failures: readonly Failure[]
if (values.address.length > 0) {
  failures = await run(values.address.map(whereOf), values.directory)
} else {
  const own = mkdtempSync(join(values.directory, 'histories-'))
  const root = join(own, 'share')
  mkdirSync(root)
  const servers = await Promise.all(values.engine.split(',').map((engine) => start(engine, root)))
  failures = await run(
    servers.map(({ where }) => where),
    root,
  )
  await Promise.all(servers.map((server) => server.stop()))
  rmSync(own, { recursive: true })
}
process.exitCode = failures.length > 0 ? 1 : 0
