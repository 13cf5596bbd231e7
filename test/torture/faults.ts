/**
 * Let every system call on files of every way in which something is stored fail, in every way in which it may.
 *
 *     node --import=./scripts/typescript.js test/torture/faults.ts [--engine sync|async] [--way 'put new'] [--verbose]
 *
 * Prints for each engine and way how many calls failed, how often the client was told, and how often something was
 * found that should not be. It needs strace(1) and the right to attach it. `--verbose` prints each fault.
 */
import { fileCalls } from '../fixtures/strace.ts'
import { type Fault, Faulter, faults } from './faulting.ts'
import { runWays, say } from './stage.ts'

await runWays('engine  way           faults   told  violations', async (stage, engine, way, wishes) => {
  const found: Fault[] = []
  for await (const fault of faults(new Faulter(stage), way, await stage.callsOf(way, fileCalls), fileCalls)) {
    found.push(fault)
    const { at, status, state, of, violations } = fault
    if (wishes.verbose || violations.length > 0) say(`  ${at}\n    ${status}, state ${state + 1} of ${of}`)
    for (const violation of violations) say(`    VIOLATION: ${violation}`)
  }
  const told = found.filter((fault) => (fault.status ?? 0) >= 300).length
  const wrong = found.filter((fault) => fault.violations.length > 0).length
  const columns = [engine.padEnd(6), way.name.padEnd(12), String(found.length).padStart(6), String(told).padStart(5)]
  say(`${columns.join('  ')}  ${String(wrong).padStart(10)}`)
  return wrong
})
