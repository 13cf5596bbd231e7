/** `twinserve predict`, as it is typed. */
import { test } from 'tap'
import { run } from '../fixtures/command.ts'

const given = ['predict', '--service', 'sync=1ms,async=2ms', '--requests', '2000', '--draws', '5']

test('it answers for both engines, and says that it is a simulation', async (t) => {
  const { code, stdout, stderr } = await run([...given, '--rate', '300', '--rate', '700', '--target', '100ms'])
  t.same({ code, stderr }, { code: 0, stderr: '' })
  t.match(stdout, /^A simulation, not a measurement: 5 runs of 2,000 requests or more, seed 1/)
  t.match(stdout, /300\/s, blocking, 1 thread\n {2}utilization +processors 0\.\d+, threads 0\.300\n/)
  t.match(stdout, /700\/s, event loop, 1 worker\n.*\n {2}unstable +the backlog grows by 200\/s/)
  t.match(stdout, /for a p99 of 100 ms it takes \d+ machines?/)
  t.match(stdout, /\nIt leaves out the network and TCP/)
})

test('as JSON', async (t) => {
  const { stdout } = await run([...given, '--rate', '100', '--mode', 'sync', '--json'])
  t.match(JSON.parse(stdout), {
    simulation: true,
    found: [{ rate: 100, machine: { mode: 'sync', costs: { perRequest: 0.001 } }, answer: { growth: 0 } }],
  })
})

test('help, and what it cannot do', async (t) => {
  const { code, stdout } = await run(['predict', '--help'])
  t.equal(code, 0)
  t.ok(stdout.split('\n').every((line) => line.length <= 100))
  const refused = await run(['predict', '--rate', '1'])
  t.same([refused.code, refused.stdout], [2, ''])
  t.match(refused.stderr, /^twinserve predict: Say what a request costs, in one way: --calibrate .*\n$/)
})
