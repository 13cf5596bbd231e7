/**
 * Kill the server at every system call of every way in which something is stored.
 *
 *     node --import=./scripts/typescript.js test/torture/crash.ts [--engine sync|async] [--way 'put new'] [--waiting] [--verbose]
 *
 * Prints for each way and engine at how many points it was killed, what was found, and what should not have been. It
 * needs strace(1) and the right to attach it. `--waiting` also kills at the calls by which threads wait for and
 * wake each other; `--verbose` prints each point.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile } from '../fixtures/compiled.ts'
import { answerCalls, fileCalls, waitingCalls } from '../fixtures/strace.ts'
import type { EngineName } from '../fixtures/victim.ts'
import { type Crash, Crasher, crashes } from './crashing.ts'
import { type Way, ways } from './ways.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    way: { type: 'string' },
    waiting: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const engines = (values.engine === undefined ? ['sync', 'async'] : [values.engine]) as EngineName[]
const chosen = ways.filter((way) => values.way === undefined || way.name.startsWith(values.way))
const traced = [...fileCalls, ...answerCalls, ...(values.waiting ? waitingCalls : [])]
const at = mkdtempSync(join(tmpdir(), 'twinserve-crash-'))
const root = join(at, 'root')
mkdirSync(root)
const say = (line: string) => process.stdout.write(`${line}\n`)

/** What was found, by the call that was made last. */
async function runWay(engine: EngineName, way: Way, crasher: Crasher): Promise<number> {
  const found: Crash[] = []
  // First which calls there are: to look for the others in turn would be a start each.
  const names = await crasher.callsOf(way, traced)
  for await (const crash of crashes(crasher, way, names, traced)) {
    found.push(crash)
    const { at: call, last, acknowledged, state, of, violations } = crash
    const what = `${acknowledged ? 'told' : 'not told'}, state ${state + 1} of ${of}`
    if (values.verbose || violations.length > 0) say(`  ${call}\n    after ${last}: ${what}`)
    for (const violation of violations) say(`    VIOLATION: ${violation}`)
  }
  const states = way.states.map((_, state) => found.filter((crash) => crash.state === state).length)
  const told = found.filter((crash) => crash.acknowledged).length
  const wrong = found.filter((crash) => crash.violations.length > 0).length
  const columns = [engine.padEnd(6), way.name.padEnd(12), String(found.length).padStart(6), String(told).padStart(5)]
  say(`${columns.join('  ')}  ${states.join('/').padStart(10)}  ${String(wrong).padStart(10)}`)
  return wrong
}

let wrong = 0
try {
  const program = compile(join(at, 'program'))
  say('engine  way           points   told      states  violations')
  for (const engine of engines) {
    const crasher = new Crasher(engine, root, program)
    try {
      for (const way of chosen) wrong += await runWay(engine, way, crasher)
    } finally {
      await crasher.end()
    }
  }
} finally {
  rmSync(at, { recursive: true })
}
process.exitCode = wrong === 0 ? 0 : 1
