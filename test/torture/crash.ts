/**
 * Kill the server at every system call of every way in which something is stored.
 *
 *     node --import=./scripts/typescript.js test/torture/crash.ts [--engine sync|async] [--way 'put new'] [--waiting] [--verbose]
 *
 * Prints for each engine and way at how many points it was killed, how often the client had been told of the success, how
 * often each of the way's states was found, and how often something that should not be. It needs strace(1) and the
 * right to attach it. `--waiting` also kills at the calls by which threads wait for and wake each other; `--verbose`
 * prints each point.
 */
import { answerCalls, fileCalls, waitingCalls } from '../fixtures/strace.ts'
import { type Crash, Crasher, crashes } from './crashing.ts'
import { runWays, say } from './stage.ts'

await runWays('engine  way           points   told      states  violations', async (stage, engine, way, wishes) => {
  const traced = [...fileCalls, ...answerCalls, ...(wishes.waiting ? waitingCalls : [])]
  // First which calls there are: to look for the others in turn would be a start each.
  const names = await stage.callsOf(way, traced)
  const found: Crash[] = []
  for await (const crash of crashes(new Crasher(stage), way, names, traced)) {
    found.push(crash)
    const { at, last, acknowledged, state, of, violations } = crash
    const what = `${acknowledged ? 'told' : 'not told'}, state ${state + 1} of ${of}`
    if (wishes.verbose || violations.length > 0) say(`  ${at}\n    after ${last}: ${what}`)
    for (const violation of violations) say(`    VIOLATION: ${violation}`)
  }
  const states = way.states.map((_, state) => found.filter((crash) => crash.state === state).length)
  const told = found.filter((crash) => crash.acknowledged).length
  const wrong = found.filter((crash) => crash.violations.length > 0).length
  const columns = [engine.padEnd(6), way.name.padEnd(12), String(found.length).padStart(6), String(told).padStart(5)]
  say(`${columns.join('  ')}  ${states.join('/').padStart(10)}  ${String(wrong).padStart(10)}`)
  return wrong
})
