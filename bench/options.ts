/** The words behind `npm run bench --`, as values. What is wrong with them is a `Refused`. */
import path from 'node:path'
import { numberIn, Refused, read } from './words.ts'

export const parts = ['operations', 'trips', 'load', 'truth'] as const
export type Part = (typeof parts)[number]

export const help = `npm run bench -- [options], or twinserve bench [options] in a checkout

Measures what the two engines cost. docs/benchmarking.md says how, and what it cannot show.

What:
  --quick            under two minutes: six short rounds of a few scenarios
  --part PARTS       some of it: operations, trips, load, truth
  --only NAMES       scenarios, operations and round trips whose names begin with one of these
  --list             no more than say what there is
  --peers            other servers beside, as far as they are installed
How much:
  --rounds N         of each scenario                                              [6]
  --seconds S        that a round takes                                 [2.5, or 0.55]
  --minutes M        while all of it is over in these, scenarios that have shown nothing
                     have as many rounds again; 0 for none of that          [60, or 0]
  --seed N           the same seed, the same plan                                  [1]
Results:
  --out DIR          where they go                     [below bench/results, by the time]
  --report DIR       the page of results that are there, once more
  -h, --help         this

Where there are two, the second is that of --quick.`

export const options = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  part: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string' },
  out: { type: 'string' },
  peers: { type: 'boolean', default: false },
  minutes: { type: 'string' },
  list: { type: 'boolean', default: false },
  report: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export interface Wanted {
  readonly quick: boolean
  readonly parts: readonly Part[]
  /** What names may begin with; undefined for all of them. */
  readonly only: readonly string[] | undefined
  readonly rounds: number
  readonly seconds: number
  readonly seed: number
  readonly minutes: number
  readonly peers: boolean
  /** Where results go, if that was said. */
  readonly out: string | undefined
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'report'; readonly directory: string; readonly out: string | undefined }
  | { readonly kind: 'list' | 'measure'; readonly wanted: Wanted }

/** @throws Refused */
export function commandOf(words: readonly string[]): Command {
  const values = read('npm run bench --', words, options)
  const { quick, peers, only } = values
  if (values.help) return { kind: 'help' }
  if (values.report !== undefined) return { kind: 'report', directory: values.report, out: values.out }
  const number = (name: 'rounds' | 'seconds' | 'seed' | 'minutes', least: number, otherwise: number, whole = true) =>
    numberIn(name, values[name] ?? String(otherwise), least, 999_999, whole)
  const wanted = {
    ...{ quick, peers, parts: partsOf(values.part), only: only?.split(',') },
    out: values.out === undefined ? undefined : path.resolve(values.out),
    rounds: number('rounds', 1, 6),
    seconds: number('seconds', 0.1, quick ? 0.55 : 2.5, false),
    seed: number('seed', 0, 1),
    minutes: number('minutes', 0, quick ? 0 : 60, false),
  }
  return { kind: values.list ? 'list' : 'measure', wanted }
}

function partsOf(text: string | undefined): readonly Part[] {
  if (text === undefined) return parts
  return text.split(',').map((part) => {
    if ((parts as readonly string[]).includes(part)) return part as Part
    throw new Refused(`There is no part ${JSON.stringify(part)}: choose from ${parts.join(', ')}.`)
  })
}
