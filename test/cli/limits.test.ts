/** The options for bounds: what they mean, and what the help says of them. */
import { test } from 'tap'
import { parseDuration } from '../../src/cli/durations.ts'
import { changedLimits, limitOptions, limitsSetBy } from '../../src/cli/limit-options.ts'
import { read } from '../../src/cli/settings.ts'
import { parseSize } from '../../src/cli/sizes.ts'
import { blockingLimits, defaultLimits, type Limits } from '../../src/core/limits.ts'

test('times', async (t) => {
  const times: Record<string, number | undefined> = {
    30: 30_000,
    '30s': 30_000,
    '30 s': 30_000,
    '500ms': 500,
    '1.5m': 90_000,
    '2H': 7_200_000,
    '1d': 86_400_000,
    '': undefined,
    s: undefined,
    '-1s': undefined,
    '1w': undefined,
    '1e3': undefined,
    '99999999999999d': undefined,
  }
  for (const [text, time] of Object.entries(times)) t.equal(parseDuration(text), time, text)
})

/** `10s` is a time, `32K` a size, and a number is both. */
const meant = (text: string): number | undefined =>
  /\d(ms|[smhd])$/.test(text) ? parseDuration(text) : parseSize(text)

test('the help says the defaults that there are', async (t) => {
  for (const [option, limits] of Object.entries(limitsSetBy)) {
    const { defaultDescription } = limitOptions[option as keyof typeof limitOptions]
    const [usual = '', blocking] = defaultDescription.split(', with --mode sync ')
    for (const limit of limits) {
      t.equal(meant(usual), defaultLimits[limit], `${option}: ${limit}`)
      t.equal(blocking === undefined ? undefined : meant(blocking), blockingLimits[limit], `${option}: ${limit}`)
    }
  }
})

test('options set bounds, and those that nobody gives change nothing', async (t) => {
  const values = { 'header-timeout': '5s', 'stall-timeout': 2, 'min-rate': '64K', 'max-connections': '20' }
  const expected: Partial<Limits> = {
    connections: 20,
    headerTime: 5000,
    messageTime: 5000,
    bodyStall: 2000,
    sendStall: 2000,
    requestRate: 65_536,
  }
  t.same(changedLimits(read(values, (name) => `--${name}`)), expected)
  t.same(changedLimits({}), {})
})

test('what means nothing is refused', async (t) => {
  const refusals: readonly (readonly [name: string, value: unknown, sentence: string])[] = [
    ['idle-timeout', '0', '--idle-timeout takes a time from 100ms to 7d, such as 30s or 5m, not "0".'],
    ['idle-timeout', '8d', '--idle-timeout takes a time from 100ms to 7d, such as 30s or 5m, not "8d".'],
    ['header-timeout', 'soon', '--header-timeout takes a time from 100ms to 7d, such as 30s or 5m, not "soon".'],
    ['header-timeout', '', '--header-timeout needs a value.'],
    ['max-connections', '0', '--max-connections takes a number from 1 to 9999999, not "0".'],
    ['max-connections', '1.5', '--max-connections takes a number from 1 to 9999999, not "1.5".'],
    ['max-header-size', '100', '--max-header-size takes from 1K to 64K, not "100".'],
    ['max-header-size', 'big', '--max-header-size takes a number of bytes such as 0, 4096, 64M or 1G, not "big".'],
    ['min-rate', '0', '--min-rate takes from 1 to 1T, not "0".'],
  ]
  for (const [name, value, sentence] of refusals) {
    t.throws(() => read({ [name]: value }, (each) => `--${each}`), { message: sentence }, `${name} ${value}`)
  }
})
