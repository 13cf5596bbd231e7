/** The words behind `twinserve predict`, as values. What is wrong with them is a `Refused`, with a sentence that says what to do. */
import os from 'node:os'
import { parseSize } from '../../src/cli/sizes.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { numberIn, Refused, read } from '../words.ts'
import type { Effort } from './answer.ts'
import type { Demand, Machine, Mode, Sized } from './model.ts'

export const help = `twinserve predict --rate R [--rate R …] [options]

What machines with either engine would do under a load: a simulation, from what a request costs.

Load:
  --rate R           requests per second, over all machines; may be repeated
  --size SIZES       of the files, with weights: 10K, or 10K:99,8M:1                        [10K]
  --slow SHARE       of clients that are slow, such as 0.01 or 1%                           [0]
  --speed BYTES      per second of a slow client                                            [64K]
  --buffer BYTES     of an answer that the kernel takes from the server at once, so that
                     only the rest of it holds a thread; 0 as for an upload                 [0]
Machines:
  --mode sync|async  the engine; both unless given
  --machines M       how many there are                                                     [1]
  --spread HOW       of requests over machines: random or round-robin                       [random]
  --threads K        of the blocking engine                                                 [1]
  --workers K        of the event loop                                                      [1]
  --processors P     of a machine                                           [those of this one]
  --connections HOW  new: whoever is free takes the next; kept: each belongs to a thread    [new]
  --disk TIME        that each read of a file takes, such as 5ms                            [0]
  --file-threads F   of each worker of the event loop                                       [4]
What a request costs (one of these):
  --calibrate        measure it here and now, for half a minute in which nothing else may run
  --from DIR         take it from what npm run bench has written there
  --service TIME     processor time of a request, such as 45us, or sync=45us,async=80us;
                     with --per-mib TIME for each MiB, --way TIME there and back,
                     and --variability C2, from 0 to 1                                [0, 0, 0]
Answer:
  --target TIME      find how many machines it takes for a p99 of this, such as 50ms
  --draws N          runs that are simulated                                                [10]
  --requests N       in each run                                                            [20000]
  --seed N           the same seed, the same answer                                         [1]
  --json             as JSON
  -h, --help         this`

const options = {
  rate: { type: 'string', multiple: true },
  size: { type: 'string', default: '10K' },
  slow: { type: 'string', default: '0' },
  speed: { type: 'string', default: '64K' },
  buffer: { type: 'string', default: '0' },
  mode: { type: 'string' },
  machines: { type: 'string', default: '1' },
  spread: { type: 'string', default: 'random' },
  threads: { type: 'string', default: '1' },
  workers: { type: 'string', default: '1' },
  processors: { type: 'string' },
  connections: { type: 'string', default: 'new' },
  disk: { type: 'string', default: '0' },
  'file-threads': { type: 'string', default: '4' },
  calibrate: { type: 'boolean', default: false },
  from: { type: 'string' },
  service: { type: 'string' },
  'per-mib': { type: 'string' },
  way: { type: 'string' },
  variability: { type: 'string' },
  target: { type: 'string' },
  draws: { type: 'string', default: '10' },
  requests: { type: 'string', default: '20000' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Where costs come from. Times by mode, in seconds. */
export type Source =
  | { readonly kind: 'calibrate' }
  | { readonly kind: 'from'; readonly directory: string }
  | {
      readonly kind: 'given'
      readonly service: Readonly<Record<Mode, number>>
      readonly perMib: Readonly<Record<Mode, number>>
      readonly way: Readonly<Record<Mode, number>>
      readonly variability: number
    }

export interface Wanted {
  readonly rates: readonly number[]
  readonly demand: Omit<Demand, 'rate'>
  readonly machines: readonly Omit<Machine, 'costs'>[]
  readonly source: Source
  readonly effort: Effort
  /** Seconds. */
  readonly target: number | undefined
  readonly json: boolean
}

/** @returns undefined where help is wanted @throws Refused */
export function wantedOf(words: readonly string[]): Wanted | undefined {
  const values = read('twinserve predict', words, options)
  if (values.help) return undefined
  if (values.rate === undefined) throw new Refused('Say how many requests come: --rate 1000, per second.')
  const rates = values.rate.map((text) => numberIn('rate', text, 0.001, 1e9, false))
  const modes =
    values.mode === undefined ? (['sync', 'async'] as const) : [choice('mode', values.mode, ['sync', 'async'])]
  const count = (name: 'threads' | 'workers') => numberIn(name, values[name], 1, 10_000)
  const shared = {
    processors:
      values.processors === undefined
        ? os.availableParallelism()
        : numberIn('processors', values.processors, 1, 10_000),
    connections: choice('connections', values.connections, ['new', 'kept']),
    disk: { delay: seconds('disk', values.disk), threads: numberIn('file-threads', values['file-threads'], 1, 10_000) },
  }
  return {
    rates,
    demand: {
      machines: numberIn('machines', values.machines, 1, 1e6),
      spread: choice('spread', values.spread, ['random', 'round-robin']),
      sizes: sizesOf(values.size),
      slow: {
        share: share(values.slow),
        speed: size('speed', values.speed, 1),
        buffer: size('buffer', values.buffer, 0),
      },
    },
    machines: modes.map((mode) => ({ mode, seats: count(mode === 'sync' ? 'threads' : 'workers'), ...shared })),
    source: sourceOf(values, (text) => numberIn('variability', text, 0, 1, false)),
    effort: {
      draws: numberIn('draws', values.draws, fewestRounds, 1000),
      requests: numberIn('requests', values.requests, 1000, 1e6),
      seed: numberIn('seed', values.seed, 0, 1e6),
    },
    target: values.target === undefined ? undefined : above('target', seconds('target', values.target)),
    json: values.json,
  }
}

type Values = ReturnType<typeof read<typeof options>>

function sourceOf(values: Values, variability: (text: string) => number): Source {
  const { calibrate, from, service, way, 'per-mib': perMib } = values
  if ([calibrate || undefined, from, service].filter((one) => one !== undefined).length !== 1) {
    throw new Refused(
      'Say what a request costs, in one way: --calibrate to measure it here, --from DIR for results of the bench, or --service sync=45us,async=80us.',
    )
  }
  if (service === undefined && (way ?? perMib ?? values.variability) !== undefined) {
    throw new Refused('--way, --per-mib and --variability go with --service: the others know them.')
  }
  if (calibrate) return { kind: 'calibrate' }
  if (from !== undefined) return { kind: 'from', directory: from }
  return {
    kind: 'given',
    service: byMode('service', service as string, above),
    perMib: byMode('per-mib', perMib ?? '0'),
    way: byMode('way', way ?? '0'),
    variability: variability(values.variability ?? '0'),
  }
}

/** `45us` for both, or `sync=45us,async=80us`. */
function byMode(
  name: string,
  text: string,
  check = (_: string, value: number) => value,
): Readonly<Record<Mode, number>> {
  if (!text.includes('=')) {
    const both = check(name, seconds(name, text))
    return { sync: both, async: both }
  }
  const found = new Map(
    text.split(',').map((part) => {
      const [mode = '', time = ''] = part.split('=', 2)
      return [choice(name, mode.trim(), ['sync', 'async']), check(name, seconds(name, time))] as const
    }),
  )
  const [sync, async] = [found.get('sync') ?? found.get('async'), found.get('async') ?? found.get('sync')]
  return { sync: sync as number, async: async as number }
}

function choice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  if ((choices as readonly string[]).includes(text)) return text as T
  throw new Refused(`--${name} takes ${choices.join(' or ')}, not ${quote(text)}.`)
}

const units: Readonly<Record<string, number>> = { us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, '': 1, m: 60 }

/** Times as people write them, down to microseconds; a number alone is seconds, as for the other commands. */
function seconds(name: string, text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|)$/.exec(text.trim()) ?? []
  if (digits !== undefined) return Number(digits) * (units[unit] as number)
  throw new Refused(`--${name} takes a time such as 45us, 50ms or 2s, not ${quote(text)}.`)
}

function above(name: string, value: number): number {
  if (value > 0) return value
  throw new Refused(`--${name} has to be more than nothing.`)
}

function size(name: string, text: string, least: number): number {
  const bytes = parseSize(text)
  if (bytes !== undefined && bytes >= least) return bytes
  throw new Refused(`--${name} takes a size such as ${least === 0 ? '0 or ' : ''}64K, not ${quote(text)}.`)
}

function sizesOf(text: string): Sized[] {
  return text.split(',').map((part) => {
    const [bytes = '', weight = '1'] = part.split(':', 2)
    const [sized, weighed] = [parseSize(bytes), Number(weight)]
    if (sized !== undefined && weighed > 0 && weighed < 1e9) return { bytes: sized, weight: weighed }
    throw new Refused(`--size takes sizes with weights, such as 10K or 10K:99,8M:1, not ${quote(text)}.`)
  })
}

function share(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text.trim()) ?? []
  const value = Number(digits) / (percent === '%' ? 100 : 1)
  if (value >= 0 && value < 1) return value
  throw new Refused(`--slow takes a share of the clients, such as 0.01 or 1%, and less than all, not ${quote(text)}.`)
}

const quote = (text: string) => JSON.stringify(text)
