import { test } from 'tap'
import { hgrm } from '../../bench/statistics/hgrm.ts'
import { mean, percentile, sorted, tellable, variance } from '../../bench/statistics/percentile.ts'

test('percentiles are values that were measured, by nearest rank', async (t) => {
  // The example that the literature uses for nearest rank: 15, 20, 35, 40, 50.
  const five = [15, 20, 35, 40, 50]
  for (const [percent, value] of [
    [5, 15],
    [30, 20],
    [40, 20],
    [50, 35],
    [100, 50],
  ] as const) {
    t.equal(percentile(five, percent), value, `${percent} %`)
  }
  const thousand = Float64Array.from({ length: 1000 }, (_, at) => at + 1)
  t.equal(percentile(thousand, 99.9), 999, 'a rank that is whole stays so in binary fractions')
  t.equal(percentile(thousand, 99.91), 1000)
  for (let percent = 0.1; percent < 100; percent += 0.1) {
    const tenths = Math.round(percent * 10)
    if (percentile(thousand, tenths / 10) !== tenths) t.fail(`${tenths / 10} % of 1,000`)
  }
})

test('what there is no percentile of', async (t) => {
  t.throws(() => percentile([], 50), /no percentile of nothing/)
  t.throws(() => percentile([1], 0), /lies in \(0, 100\]/)
  t.throws(() => percentile([1], 101), /lies in \(0, 100\]/)
  t.throws(() => percentile([1], Number.NaN), /lies in \(0, 100\]/)
})

test('a percentile is told when ten values lie beyond it', async (t) => {
  t.equal(tellable(10_000, 99.9), true)
  t.equal(tellable(9_999, 99.9), false)
  t.equal(tellable(1_000, 99), true)
  t.equal(tellable(1, 100), true)
  t.equal(tellable(0, 100), false)
})

test('mean, variance, order', async (t) => {
  t.equal(mean([2, 4, 4, 4, 5, 5, 7, 9]), 5)
  t.equal(variance([2, 4, 4, 4, 5, 5, 7, 9]), 32 / 7)
  t.same([...sorted([10, 9, -1, 100])], [-1, 9, 10, 100])
})

/** What HdrHistogram's JavaScript port 3.0.1 prints for 1 to 200 and three times 1,000, with five lines for each half. */
const published = `
       1.000 0.000000000000          1           1.00
      21.000 0.100000000000         21           1.11
      41.000 0.200000000000         41           1.25
      61.000 0.300000000000         61           1.43
      82.000 0.400000000000         82           1.67
     102.000 0.500000000000        102           2.00
     112.000 0.550000000000        112           2.22
     122.000 0.600000000000        122           2.50
     132.000 0.650000000000        132           2.86
     143.000 0.700000000000        143           3.33
     153.000 0.750000000000        153           4.00
     158.000 0.775000000000        158           4.44
     163.000 0.800000000000        163           5.00
     168.000 0.825000000000        168           5.71
     173.000 0.850000000000        173           6.67
     178.000 0.875000000000        178           8.00
     181.000 0.887500000000        181           8.89
     183.000 0.900000000000        183          10.00
     186.000 0.912500000000        186          11.43
     188.000 0.925000000000        188          13.33
     191.000 0.937500000000        191          16.00
     192.000 0.943750000000        192          17.78
     193.000 0.950000000000        193          20.00
     195.000 0.956250000000        195          22.86
     196.000 0.962500000000        196          26.67
     197.000 0.968750000000        197          32.00
     198.000 0.971875000000        198          35.56
     198.000 0.975000000000        198          40.00
     199.000 0.978125000000        199          45.71
     200.000 0.981250000000        200          53.33
     200.000 0.984375000000        200          64.00
    1000.000 0.985937500000        203          71.11
    1000.000 1.000000000000        203
#[Mean    =      113.793, StdDeviation   =      122.737]
#[Max     =     1000.000, Total count    =          203]
`

test('an .hgrm file has the lines that HdrHistogram writes', async (t) => {
  const values = [...Array.from({ length: 200 }, (_, at) => at + 1), 1000, 1000, 1000]
  const [title, ...rest] = hgrm(values).split('\n')
  t.equal(title, '       Value     Percentile TotalCount 1/(1-Percentile)')
  t.equal(`\n${rest.slice(1).join('\n')}`, published)
})

test('an .hgrm file of one value, and of none', async (t) => {
  t.match(hgrm([7]), /\n {7}7\.000 0\.0{12} {10}1 {11}1\.00\n {7}7\.000 1\.0{12} {10}1\n/)
  t.match(hgrm([]), /Total count {4}= {12}0\]/)
})
