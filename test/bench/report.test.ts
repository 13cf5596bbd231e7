/** What the report says of results: thinned without making anything up, told apart as the bench has, and escaped. */
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'tap'
import { roles } from '../../bench/report/chart.ts'
import { curvesOf } from '../../bench/report/curves.ts'
import { familiesOf, familyCharts, levelOf } from '../../bench/report/family-charts.ts'
import { scaleOf } from '../../bench/report/figure.ts'
import { figuresOf } from '../../bench/report/figures.ts'
import { data, html } from '../../bench/report/html.ts'
import { page } from '../../bench/report/page.ts'
import { readResults } from '../../bench/report/read.ts'
import { chartsOf } from '../../bench/report/scenario-charts.ts'
import { gainOf } from '../../bench/report/section-timings.ts'
import { heatSection, verdictSection } from '../../bench/report/section-verdicts.ts'
import { engineColours } from '../../bench/report/style.ts'
import { bins, spectrum } from '../../bench/report/thin.ts'
import { gridOf, loadOf, outcomeOf, summary, timesAsGood } from '../../bench/report/verdicts.ts'
import { reportOf, writeReport } from '../../bench/report/write.ts'
import { writeResults } from '../../bench/run/export.ts'
import type { Results, ScenarioResult } from '../../bench/run/results.ts'
import { colours } from '../../src/core/pages/theme.ts'
import { madeUp } from '../fixtures/bench-results.ts'
import { contrast } from '../fixtures/contrast.ts'
import { near } from '../fixtures/near.ts'

test('a percentile curve has only values that were measured, and the greatest among them', async (t) => {
  const values = Float64Array.from({ length: 1000 }, (_, at) => (at + 1) / 1000)
  const { oneIn, latency, count, unanswered } = spectrum(values)
  t.same([count, unanswered], [1000, 0])
  t.same([oneIn[0], latency[0]], [1, 0.001], 'all took at least as long as the shortest')
  t.same([oneIn.at(-1), latency.at(-1)], [1000, 1])
  t.ok(oneIn.every((one, at) => at === 0 || one > (oneIn[at - 1] as number)))
  oneIn.forEach((one, at) => {
    const rank = Math.round((latency[at] as number) * 1000)
    near(t, one, 1000 / (1000 - rank + 1), 0.001, `of rank ${rank}, in four digits`)
  })
  const many = spectrum(Float64Array.from({ length: 100_000 }, (_, at) => at))
  t.ok(many.oneIn.length < 300, `${many.oneIn.length} points`)
  t.same(spectrum([0.5]), { oneIn: [1], latency: [0.5], count: 1, unanswered: 0 })
  t.same(spectrum([]), { oneIn: [], latency: [], count: 0, unanswered: 0 })
})

test('requests without a right answer end the curve, and count', async (t) => {
  const { oneIn, latency, unanswered } = spectrum([1, 2, 3, 4, 5, 6, 7, 8, Infinity, Infinity])
  t.same([oneIn.at(-1), latency.at(-1), unanswered], [3.333, 8, 2], 'three of ten took as long as 8 or longer')
  t.same(spectrum([Infinity]), { oneIn: [], latency: [], count: 1, unanswered: 1 })
})

test('parts of the time keep the least, the median and the greatest', async (t) => {
  const samples = [
    [0, 3],
    [0.4, 1],
    [0.9, 2],
    [2.5, 7],
    [4, 9],
  ] as const
  t.same(bins(samples, [0, 4], 4), {
    at: [0.5, 1.5, 2.5, 3.5],
    least: [1, null, 7, 9],
    middle: [2, null, 7, 9],
    most: [3, null, 7, 9],
  })
})

test('nothing in a string can become markup', async (t) => {
  const hostile = `<img src=x onerror=alert(1)>&"'</script>`
  t.equal(
    html`<p title="${hostile}">${[hostile, html`<b>${1}</b>`, undefined]}</p>`.text,
    '<p title="&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;&lt;/script&gt;">&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;&lt;/script&gt;<b>1</b></p>',
  )
  const embedded = data('a', { hostile, never: Infinity }).text
  t.notMatch(embedded.slice(0, -'</script>'.length), '</script>')
  t.same(JSON.parse(embedded.slice(embedded.indexOf('>') + 1, -'</script>'.length)), { hostile, never: 'never' })
})

/** What a verdict needs of a scenario. */
function scenario(more: object): ScenarioResult {
  return {
    ...{
      name: 'a',
      title: 'a',
      engines: ['blocking', 'event loop'],
      expected: 'blocking',
      mechanism: '',
      measure: 'p99',
    },
    ...{
      rate: 100,
      calibrations: [],
      rounds: [],
      pairs: 6,
      stability: {},
      percentiles: {},
      predictions: [],
      sentence: '',
    },
    ...{ verdict: undefined, ...more },
  } as ScenarioResult
}
const verdict = (winner: 'a' | 'b' | undefined, estimate: number) => ({
  verdict: { winner, ratio: { estimate, low: estimate * 0.8, high: estimate * 1.25 }, rounds: 6, sentence: '' },
})

test('outcomes are held against what was expected', async (t) => {
  const won = outcomeOf(scenario(verdict('a', 0.5)))
  t.match(
    won,
    { winner: 'blocking', met: true, gain: { estimate: 2, low: 1.6, high: 2.5 } },
    'of latency less is better',
  )
  t.equal(timesAsGood(won), '2×')
  const lost = outcomeOf(scenario({ ...verdict('b', 4) }))
  t.match(lost, { winner: 'event loop', met: false, gain: { estimate: 0.25 } })
  t.equal(timesAsGood(lost), '4×')
  t.match(outcomeOf(scenario({ ...verdict('a', 3), measure: 'achieved' })).gain, { estimate: 3 }, 'of throughput more')
  const same = outcomeOf(scenario({ ...verdict(undefined, 1), expected: 'neither' }))
  t.match(same, { winner: 'neither', met: true })
  t.equal(timesAsGood(same), undefined)
  const brief = 'keeps up'
  const kept = outcomeOf(scenario({ verdict: { by: 'backlog', winner: 'b', rounds: 6, brief, sentence: '' } }))
  t.match(kept, { winner: 'event loop', met: false, gain: undefined }, 'who keeps up is better, and no times as good')
  t.equal(timesAsGood(kept), undefined)
  const cells = gridOf([outcomeOf({ ...kept.scenario, family: 'f', load: 0.5 })])
  t.match(heatSection(cells)?.text, /<td class="loop" style="--strength:34%">.*<b>event loop<\/b>keeps up/)
  t.match(verdictSection([kept]).text, /<p class="hint">keeps up<\/p>/)
  const none = outcomeOf(scenario({}))
  t.same([none.winner, none.met, none.gain], [undefined, undefined, undefined])
  t.equal(
    summary([won, won, lost, same, none]),
    'Of 5 scenarios: blocking is better in 2, event loop is better in 1, no difference is shown in 1, there is no verdict in 1. 3 of the 4 verdicts came as expected.',
  )
  t.equal(summary([none]), 'Of 1 scenario: there is no verdict in 1.')
  t.equal(summary([]), 'No scenario has been run.')
})

test('a scenario has its place by family and load', async (t) => {
  const at = (family: string | undefined, load: number) => outcomeOf(scenario({ family, load, ...verdict('a', 0.5) }))
  const { loads, families } = gridOf([at('x', 0.9), at('y', 0.3), at('x', 0.5), at(undefined, 0.7)])
  t.same(loads, [0.3, 0.5, 0.9])
  t.same(
    families.map(({ name, cells }) => [name, ...cells.map((cell) => cell?.scenario.load)]),
    [
      ['x', undefined, 0.5, 0.9],
      ['y', 0.3, undefined, undefined],
    ],
  )
  const calibrations = [{ capacity: 200 }, { capacity: 150 }] as unknown as ScenarioResult['calibrations']
  t.equal(loadOf(scenario({ calibrations })), 0.67, 'from what the slower can do')
  t.equal(loadOf(scenario({})), undefined)
})

test('figures are of rounds that may be believed', async (t) => {
  const directory = t.testdir({})
  const result = madeUp(directory, {
    ...{ name: 'x', share: 0.5, rounds: 6, seconds: 0.2, broken: 20 },
    spoilt: (engine, round) => engine === 'blocking' && round > 3,
  })
  const [blocking, loop] = figuresOf(result)
  t.match(blocking, { engine: 'blocking', rounds: 6, believed: 4, memory: 5e7, unstable: undefined })
  t.match(loop, { rounds: 6, believed: 6 })
  const lost = result.rounds.filter((r) => r.engine === 'blocking' && r.round < 4).map((r) => r.summary.outcomes.broken)
  t.same(blocking?.failures, [['broken', lost.reduce((sum, one) => sum + one)]])
  t.match(result.sentence, /^no verdict: 4 rounds may be believed/)
  t.equal(result.pairs, 4)
  const curves = curvesOf(result, directory)
  t.same([...(curves.get('blocking')?.time.keys() ?? [])], [0, 1, 2, 3], 'void rounds are not drawn')
  t.equal(curves, curvesOf(result, directory), 'a scenario is read once')
  const peer = {
    name: 'nginx',
    percentiles: { 50: 1e-4 },
    achieved: 5,
    cpuPerRequest: undefined,
    stability: undefined,
    rounds: [],
  }
  t.match(figuresOf({ ...result, peers: [peer] })[2], {
    engine: 'nginx',
    percentiles: { 50: 1e-4 },
    cpuPerRequest: undefined,
  })
})

test('beyond saturation the backlog is drawn, and no percentile', async (t) => {
  const directory = t.testdir({})
  const result = madeUp(directory, { name: 'x', share: 1.3, seconds: 0.5 })
  const charts = chartsOf(result, curvesOf(result, directory))
  t.same(
    charts.map(({ title }) => title),
    ['Backlog', 'Percentiles', 'Latency over time'],
  )
  t.ok(
    charts[1]?.series.every(({ name }) => name.startsWith('blocking')),
    'of the one that kept up',
  )
  const [, loop] = charts[0]?.series ?? []
  t.ok((loop?.y.at(-1) ?? 0) > 50, 'and the other is seen falling behind')
  t.equal(levelOf(result, 'event loop', 50), undefined)
})

test('latency against load has an interval over rounds, and what was predicted', async (t) => {
  const directory = t.testdir({})
  const scenarios = [0.7, 0.3].map((share) => madeUp(directory, { name: `x-${share}`, family: 'x', share }))
  const alone = madeUp(directory, { name: 'y', family: 'y', share: 0.5, rounds: 1, seconds: 0.2 })
  const [family, ...rest] = familiesOf([...scenarios, alone])
  t.same([family?.name, rest.length], ['x', 0], 'one load makes no line')
  const [p50] = familyCharts(family as NonNullable<typeof family>)
  t.same(
    p50?.series.map(({ name }) => name),
    [
      ...[
        'blocking',
        'blocking, predicted: M/G/1, first come first served',
        'blocking, predicted: M/G/1, processor sharing',
      ],
      ...[
        'event loop',
        'event loop, predicted: M/G/1, first come first served',
        'event loop, predicted: M/G/1, processor sharing',
      ],
    ],
  )
  const [measured] = p50?.series ?? []
  t.same(measured?.x, [0.3, 0.7], 'ascending')
  measured?.y.forEach((value, at) => {
    t.ok((measured.low?.[at] ?? 0) < (value as number) && (measured.high?.[at] ?? 0) > (value as number))
  })
  const only = levelOf(alone, 'blocking', 50)
  t.equal(only?.low, only?.high, 'one round has no interval')
  const lost = {
    ...alone.rounds[0],
    summary: { latency: { 50: Infinity }, lateness: {} },
  } as (typeof alone.rounds)[number]
  t.equal(levelOf({ ...alone, rounds: [...alone.rounds, lost] }, 'blocking', 50), undefined)
})

test('engines have colours of their own, which can be read', async (t) => {
  t.same(
    [...roles(['event loop', 'blocking'])],
    [
      ['event loop', 'loop'],
      ['blocking', 'blocking'],
    ],
  )
  t.same([...roles(['event loop', 'event loop again']).values()], ['loop', 'third'])
  for (const [name, pair] of Object.entries(engineColours)) {
    pair.forEach((colour, theme) => {
      for (const ground of [colours.card, colours.ground]) {
        const found = contrast(colour, ground[theme] as string)
        t.ok(found >= 4.5, `${name} has a contrast of ${found.toFixed(2)}`)
      }
    })
  }
})

test('intervals lie on one scale', async (t) => {
  near(t, scaleOf([{ estimate: 0.5, low: 0.2, high: 0.8 }]), 5.5, 1e-9, 'as far as the farthest')
  t.equal(scaleOf([{ estimate: 100, low: 50, high: 1000 }]), 50, 'to a bound')
  near(t, scaleOf([]), 2.2, 1e-9, 'and never narrower')
  const times = { part: 'trips', name: 'a', sentence: '', rounds: { a: [1, 1, 1, 1, 1], b: [2, 2, 2, 2, 2] } } as const
  near(t, gainOf(times)?.estimate as number, 2, 1e-9, 'twice as fast')
  t.equal(gainOf({ ...times, rounds: { a: [1], b: [2] } }), undefined)
})

const empty = { machine: {}, command: '', seed: 1, begun: 'x', seconds: 1, scenarios: [], timings: [] } as Results

test('a bench that has only begun has a report, too', async (t) => {
  const text = page(empty, () => new Map())
  t.match(text, 'No scenario has been run.')
  t.notMatch(text, 'id="verdicts"')
})

test('what did not hold is said in a sentence', async (t) => {
  const said = {
    ...{ engine: 'blocking', model: 'M/G/1' },
    points: [],
    mean: undefined,
    residuals: [],
    none: undefined,
  }
  const predictions = [
    { ...said, failed: 'somebody works' },
    { ...said, none: 'No steady state: 2/s.' },
  ]
  const text = page({ ...empty, scenarios: [scenario({ name: 'x', predictions })] }, () => new Map())
  t.match(text, '>It does not hold that somebody works.<')
  t.match(text, '>No steady state: 2/s.<')
})

test('a distribution is written once, though results are written again and again', async (t) => {
  const directory = t.testdir({})
  const results = { ...empty, scenarios: [madeUp(directory, { name: 'x', share: 0.5, rounds: 1, seconds: 0.2 })] }
  writeResults(results, directory)
  t.match(fs.readFileSync(path.join(directory, 'x.blocking.hgrm'), 'utf8'), /^ +Value +Percentile/)
  // Whoever reads these again finds nothing.
  for (const { rounds } of results.scenarios) for (const { raw } of rounds) fs.unlinkSync(path.join(directory, raw))
  writeResults({ ...results, seconds: 2 }, directory)
  t.equal(JSON.parse(fs.readFileSync(path.join(directory, 'results.json'), 'utf8')).seconds, 2)
})

test('what a name may not do', async (t) => {
  const hostile = '</script><script>alert(1)</script>'
  const result = { ...scenario({ name: 'x', title: hostile, mechanism: hostile, sentence: hostile }) }
  const text = page(
    { ...empty, command: hostile, scenarios: [result], truth: [{ name: hostile, text: hostile }] },
    () => new Map(),
  )
  t.notMatch(text, /<script>alert/)
  t.notMatch(text, /\b(?:src|href)="(?!#)/, 'nothing is loaded')
})

test('a report of results that lie there', async (t) => {
  const directory = t.testdir({ empty: {}, broken: { 'results.json': '{' }, other: { 'results.json': '{"a":1}' } })
  for (const [name, sentence] of [
    ['empty', /results\.json cannot be read \(ENOENT\): name a directory that the bench has written\.$/],
    ['broken', /is not JSON: run the bench again/],
    ['other', /holds no results of the bench: name a directory/],
  ] as const) {
    t.throws(() => readResults(path.join(directory, name)), sentence)
  }
  const result = madeUp(directory, { name: 'x', share: 0.5, rounds: 1, seconds: 0.2, broken: 2 })
  const text = JSON.stringify({ ...empty, scenarios: [result] }, (_, value) => (value === Infinity ? 'never' : value))
  fs.writeFileSync(path.join(directory, 'results.json'), text)
  t.equal(
    readResults(directory).scenarios[0]?.rounds[0]?.summary.latency[100],
    Infinity,
    'never is read as it was meant',
  )
  const file = reportOf(directory, undefined)
  t.equal(file, path.join(directory, 'report.html'))
  t.match(fs.readFileSync(file, 'utf8'), 'id="x"')
  fs.unlinkSync(path.join(directory, 'x.blocking.0.jsonl'))
  t.throws(() => reportOf(directory, undefined), /curves could not all be drawn again: the lines of 1 runs are missing/)
  const other = reportOf(directory, path.join(directory, 'other.html'))
  t.match(fs.readFileSync(other, 'utf8'), /There is no curve of 1 runs, .*x\.blocking\.0\.jsonl/)
  writeReport({ ...empty, scenarios: [] }, directory)
  t.match(fs.readFileSync(file, 'utf8'), 'No scenario', 'the bench writes its own')
})
