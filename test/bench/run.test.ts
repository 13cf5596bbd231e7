/** The bench itself: what it concludes, what it predicts, and that it runs from end to end. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { clean } from '../../bench/load/process.ts'
import type { RawRequest } from '../../bench/load/raw.ts'
import { commandOf, options, parts } from '../../bench/options.ts'
import { verdictOf } from '../../bench/run/conclude.ts'
import { blocking, eventLoop } from '../../bench/run/engines.ts'
import { scenarioTakes } from '../../bench/run/expected.ts'
import { foretell } from '../../bench/run/foretell.ts'
import { Progress } from '../../bench/run/progress.ts'
import type { Results } from '../../bench/run/results.ts'
import type { Ran } from '../../bench/run/rounds.ts'
import type { Settings } from '../../bench/run/settings.ts'
import { stagesOf } from '../../bench/run/stage.ts'
import { time } from '../../bench/run/table.ts'
import { type Scenario, scenarios } from '../../bench/scenarios.ts'
import { exponential, randomFrom } from '../../bench/statistics/random.ts'
import { Refused } from '../../bench/words.ts'
import { near } from '../fixtures/near.ts'

test('scenarios are what they say', async (t) => {
  const names = scenarios.map(({ name }) => name)
  t.equal(new Set(names).size, names.length, 'each name once')
  for (const { name, engines, expected, mechanism } of scenarios) {
    t.ok([...engines.map((engine) => engine.name), 'neither'].includes(expected), `${name} expects ${expected}`)
    t.ok(mechanism.length > 40, `${name} says why`)
    t.not(engines[0].name, engines[1].name)
  }
  for (const engine of [blocking, eventLoop]) {
    t.ok(
      scenarios.some(({ engines, expected }) => engines.includes(engine) && expected !== engine.name),
      'each loses some',
    )
  }
})

test('scenarios of a family can be asked of the same servers', async (t) => {
  const stages = stagesOf(scenarios)
  t.equal(stages.flat().length, scenarios.length)
  for (const [first, ...others] of stages) {
    const { asked, engines, newConnections, limits, slowDisk } = first as Scenario
    for (const other of others) t.match(other, { asked, engines, newConnections, limits, slowDisk }, other.name)
  }
  const loads = (family: string) =>
    scenarios.flatMap(({ family: own, intensity }) => (own === family && 'share' in intensity ? intensity.share : []))
  const families = [...new Set(scenarios.flatMap(({ family }) => family ?? []))]
  t.equal(families.length, 6)
  for (const family of families) {
    t.same(
      [0.3, 0.5, 0.7, 0.9].filter((load) => !loads(family).includes(load)),
      [],
      family,
    )
  }
})

test('all of it takes 40 minutes by arithmetic, and half an hour with shorter rounds', async (t) => {
  const settings = { rounds: 6, seconds: 2.5, phases: 1.5, calibration: 1.5 } as Settings
  const minutes = (given: Settings) =>
    stagesOf(scenarios)
      .flatMap((stage) => stage.map((one, at) => scenarioTakes(one, given, at === 0, 0)))
      // Operations, round trips and the truth take 3.4 minutes.
      .reduce((sum, seconds) => sum + seconds / 60, 3.4)
  t.equal(Math.round(minutes(settings)), 40)
  t.equal(Math.round(minutes({ ...settings, seconds: 1.5 })), 30)
  const [one] = scenarios as [Scenario]
  t.equal(scenarioTakes(one, settings, false, 0), 2 * 6 * 2.85 + 2 * 1.85)
  t.equal(scenarioTakes({ ...one, peers: true }, settings, false, 2) - scenarioTakes(one, settings, false, 2), 6 * 2.85)
})

test('how long what comes after a step takes, as far as nothing is known of its pace', async (t) => {
  t.equal(new Progress([10, 20, 30]).after(), 50)
})

const scenario = { engines: [blocking, eventLoop], measure: { name: 'p99', better: 'less' } } as unknown as Scenario
const offered = { rate: 500, seconds: 2 }
const runs = (value: number, growth = 0): Ran[] => [0, 1, 2, 3, 4].map((round) => ({ round, value, growth }))
const both = (a: number, b: number) => ({ a: runs(a), b: runs(b) })

test('a verdict is about rounds that may be believed, of servers that kept up', async (t) => {
  const { sentence, pairs, wide } = verdictOf(scenario, both(1, 2), offered)
  t.same([sentence, pairs, wide], ['blocking is 2 [2, 2] times as fast in p99', 5, false])
  t.match(verdictOf(scenario, { a: runs(1), b: runs(2).slice(1) }, offered), {
    verdict: undefined,
    sentence: /^no verdict: 4 rounds may/,
    wide: true,
  })
  const noisy = { a: runs(1), b: runs(2).map((run) => ({ ...run, value: 2 ** (4 * (run.round - 2)) })) }
  t.match(verdictOf(scenario, noisy, offered), { verdict: { winner: undefined }, wide: true })
  const throughput = { ...scenario, measure: { name: 'achieved', better: 'more', word: 'ahead' } } as const
  t.equal(
    verdictOf(throughput, { a: runs(300, 100), b: runs(200) }, offered).sentence,
    'blocking is ahead by 50 % [50, 50] in achieved',
    'throughput means something there',
  )
  t.match(verdictOf(scenario, both(1, Infinity), offered).sentence, /^no verdict: some rounds have no p99/)
  t.match(verdictOf(scenario, both(Number.NaN, 1), offered).sentence, /^no verdict: some rounds have no p99/)
})

/** A server with exponential service of 1 ms behind a way of 0.2 ms: as calibrated, and asked by 700 requests a second. */
function known() {
  const random = randomFrom(1)
  const latencies = Float64Array.from({ length: 5000 }, () => exponential(random, 0.001) + 0.0002)
  const calibrated = {
    ...{ engine: 'blocking', capacity: 1000, rate: 40, requests: 5000, latency: 0.0012, variability: 1 },
    ...{ spoilt: [], latencies },
  }
  let [now, free] = [0, 0]
  const samples = Array.from({ length: 60_000 }, (): RawRequest => {
    now += exponential(random, 1 / 700)
    free = Math.max(free, now) + exponential(random, 0.001)
    return { due: now, begun: now, last: free + 0.0002, outcome: 'answered' } as RawRequest
  })
  return { calibrated, samples, seconds: now }
}

test('a prediction from calibration alone meets a server that is what the model says', async (t) => {
  const { calibrated, samples, seconds } = known()
  const [queue, sharing] = foretell(calibrated, samples, seconds, 1, 1)
  near(t, queue?.mean as number, 1 / 300 + 0.0002, 0.1, 'mean')
  for (const { percent, latency } of queue?.points.slice(0, 3) ?? []) {
    near(t, latency, -Math.log(1 - percent / 100) / 300 + 0.0002, 0.15, `p${percent}`)
  }
  for (const { percent, residual } of queue?.residuals.slice(0, 3) ?? []) {
    t.ok(Math.abs(residual) < 0.25, `measured p${percent} is off by ${residual}`)
  }
  near(t, sharing?.mean as number, 1 / 300 + 0.0002, 0.1, 'sharing has the same mean')
  t.ok((sharing?.points[0]?.latency as number) < (queue?.points[0]?.latency as number), 'and another middle')
})

test('beyond capacity there is no prediction, and it says so', async (t) => {
  const { calibrated, samples, seconds } = known()
  const [queue] = foretell(calibrated, samples, seconds / 2, 1, 1)
  t.match(queue, { points: [], none: /^No steady state: 1[34]\d\d\/s is 1\.[34]\d times/ })
  t.equal(queue?.mean, undefined)
})

test('times are written with three digits', async (t) => {
  t.same(
    [1.2345e-5, 0.00123456, 2.5, undefined, Infinity].map((seconds) => time(seconds)),
    ['12.3 µs', '1.23 ms', '2.5 s', '-', 'never'],
  )
})

const main = path.join(import.meta.dirname, '../../bench/main.ts')
const loader = path.join(import.meta.dirname, '../../scripts/typescript.js')

async function bench(...words: string[]) {
  const child = spawn(process.execPath, [`--import=${loader}`, main, ...words], { env: clean() })
  const [output, said, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { output, said, status: status as number | null }
}

test('the bench runs from end to end, in little', async (t) => {
  const out = path.join(t.testdir({}), 'out')
  const names = 'move,get-10k,small-5,stalled-1-of,freeze'
  const words = ['--quick', '--rounds', '1', '--seconds', '0.2', '--only', names]
  const { output, said, status } = await bench(...words, '--out', out)
  t.equal(status, 0, said)
  t.match(output, /move-there-and-back +blocking [\d.]+ [µm]?s, event loop /)
  t.match(output, /no verdict: it takes 5 rounds/)
  const results = JSON.parse(fs.readFileSync(path.join(out, 'results.json'), 'utf8')) as Results
  t.match(results, { seed: 1, command: words.join(' '), machine: { node: process.version } })
  t.ok(results.timings.every(({ rounds }) => Object.values(rounds).every((values) => (values[0] as number) > 0)))
  for (const { name, rounds, calibrations } of results.scenarios) {
    t.equal(rounds.length, 2, name)
    t.ok(calibrations.every(({ capacity, latency }) => capacity > 0 && latency > 0))
    for (const { summary, raw } of rounds) {
      const lines = fs.readFileSync(path.join(out, raw), 'utf8').trimEnd().split('\n')
      t.equal(lines.length, summary.requests + 1)
      t.equal(summary.outcomes['wrong bytes'] + summary.outcomes['wrong status'], 0, `${name}: ${raw}`)
    }
  }
  const [head, ...rows] = fs.readFileSync(path.join(out, 'results.csv'), 'utf8').trimEnd().split('\r\n')
  t.match(head, /^scenario,engine,round,seed,offered_per_s/)
  t.equal(rows.length, 2 * results.scenarios.length)
  t.match(fs.readFileSync(path.join(out, 'small-5.blocking.hgrm'), 'utf8'), /^ +Value +Percentile/)
})

test('what it cannot do, it says', async (t) => {
  for (const [word, sentence] of [
    ['--only=nothing', /^npm run bench: Nothing is called "nothing": --list shows what there is\.\n$/],
    ['--fast', /^npm run bench: Unknown option '--fast'\. npm run bench -- --help shows all options\.\n$/],
  ] as const) {
    const { said, status } = await bench(word)
    t.equal(status, 2)
    t.match(said, sentence)
  }
})

test('what it can be told', async (t) => {
  const { output, status } = await bench('--help')
  t.equal(status, 0)
  const shown = [...output.matchAll(/^ +(?:-\w, )?--(\w+)/gm)].map(([, name]) => name)
  t.strictSame(shown.sort(), Object.keys(options).sort(), 'all there is')
  const whole = { rounds: 6, seconds: 2.5, seed: 1, minutes: 60, quick: false, peers: false, out: undefined }
  t.strictSame(commandOf([]), { kind: 'measure', wanted: { ...whole, parts, only: undefined } })
  t.match(commandOf(['--quick']), { wanted: { seconds: 0.55, minutes: 0, rounds: 6 } })
  const some = commandOf(['--part', 'load,truth', '--only', 'small,new-30', '--list', '--out', 'x'])
  t.match(some, {
    kind: 'list',
    wanted: { parts: ['load', 'truth'], only: ['small', 'new-30'], out: path.resolve('x') },
  })
  t.strictSame(commandOf(['--report', 'a', '--out', 'b.html']), { kind: 'report', directory: 'a', out: 'b.html' })
  for (const [words, sentence] of [
    [['--rounds', '0'], '--rounds takes a whole number from 1 to 999999, not "0".'],
    [['--rounds', '1.5'], '--rounds takes a whole number from 1 to 999999, not "1.5".'],
    [['--seconds', ''], '--seconds takes a number from 0.1 to 999999, not "".'],
    [['--part', 'loads'], 'There is no part "loads": choose from operations, trips, load, truth.'],
    [['--onli', 'x'], "Unknown option '--onli'. Did you mean --only?"],
  ] as const) {
    t.throws(() => commandOf(words), new Refused(sentence), sentence)
  }
})
