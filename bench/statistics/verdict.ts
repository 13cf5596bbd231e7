/**
 * Which of two is better, by how much, and how sure that is: from pairs of rounds that ran the same plan.
 *
 * The two values of a round are compared as a ratio, and ratios are averaged as logarithms (so that half and
 * twice as much cancel out). The verdict is a sentence, and it may be that there is none.
 */
import { type Confidence, geometricInterval, type Interval } from './bootstrap.ts'

/** What one of the two had in a round, and the other in the same one. */
export interface Pair {
  readonly a: number
  readonly b: number
}

/** What the two are called. */
export interface Names {
  readonly a: string
  readonly b: string
}

/** How a measure reads in a sentence. */
export interface Measure {
  /** Such as `p99`. */
  readonly name: string
  readonly better: 'less' | 'more'
  /** What to be better is called: `faster` unless given. */
  readonly word?: string
}

export interface Verdict {
  /** What it is about: the measure unless given; where one fell behind, the growth of backlogs, or who was better in how many rounds. */
  readonly by?: 'backlog' | 'rounds'
  /** undefined where no difference is shown. */
  readonly winner: 'a' | 'b' | undefined
  /** The measure of a divided by that of b, where the verdict is about that. */
  readonly ratio?: Interval
  /** By how many requests per second more the backlog of the loser grows; without a winner, that of b. Where the verdict is about that. */
  readonly growth?: Interval
  readonly rounds: number
  /** What the winner does, in two or three words, where there is no ratio. */
  readonly brief?: string
  readonly sentence: string
}

/** A verdict about the measure. */
export interface Compared extends Verdict {
  readonly ratio: Interval
}

/** @throws RangeError for too few rounds, or for a value that is not greater than 0, of which there is no ratio */
export function compare(pairs: readonly Pair[], names: Names, measure: Measure, confidence: Confidence = {}): Compared {
  for (const { a, b } of pairs) {
    if (!(a > 0 && b > 0 && a < Infinity && b < Infinity)) {
      throw new RangeError(`${measure.name} of ${names.a} was ${a} and of ${names.b} ${b}: there is no ratio of these.`)
    }
  }
  const ratio = geometricInterval(
    pairs.map(({ a, b }) => a / b),
    confidence,
  )
  const winner = winnerOf(ratio, measure)
  const rounds = pairs.length
  return { winner, ratio, rounds, sentence: sentence(winner, ratio, rounds, names, measure) }
}

/** An interval from one to so many times of it says nothing but that the machine was busy. */
const widest = 10

function winnerOf({ low, high }: Interval, { better }: Measure): 'a' | 'b' | undefined {
  if (low <= 1 && high >= 1) return undefined
  return high < 1 === (better === 'less') ? 'a' : 'b'
}

function sentence(
  winner: 'a' | 'b' | undefined,
  ratio: Interval,
  rounds: number,
  names: Names,
  { name, better, word = 'faster' }: Measure,
): string {
  if (winner === undefined && ratio.high / ratio.low > widest) {
    const needed = enough(ratio, rounds)
    return `no difference shown in ${name}: the rounds differ too much among themselves; at most ${needed} like these would do`
  }
  if (winner === undefined) {
    return `no difference shown in ${name}: ${names.a} has ${range(ratio)} times what ${names.b} has`
  }
  // From here on how much better the winner is: above 1 for it.
  const gain = (winner === 'a') === (better === 'more') ? ratio : inverse(ratio)
  const much = gain.estimate >= 2 ? `${times(gain)} times as` : percent(gain, better)
  const how = gain.estimate >= 2 ? `${much} ${positive(word)}` : `${word} by ${much}`
  return `${names[winner]} is ${how} in ${name}`
}

/**
 * How many rounds would leave an interval from one to twice of it, in two digits: its logarithm is narrower by the root of their number, and by more where they
 * were few.
 */
function enough({ low, high }: Interval, rounds: number): number {
  const times = (Math.log(high / low) / Math.log(2)) ** 2
  return Number(Math.ceil(rounds * times).toPrecision(2))
}

function inverse({ estimate, low, high }: Interval): Interval {
  return { estimate: 1 / estimate, low: 1 / high, high: 1 / low }
}

/** What the winner has less, or more, than the other, in percent of what the other has. */
function percent(gain: Interval, better: 'less' | 'more'): string {
  const of = (times: number) => ((better === 'more' ? times - 1 : 1 - 1 / times) * 100).toPrecision(2)
  return `${plain(of(gain.estimate))} % [${plain(of(gain.low))}, ${plain(of(gain.high))}]`
}

function times({ estimate, low, high }: Interval): string {
  return `${plain(estimate.toPrecision(2))} [${plain(low.toPrecision(2))}, ${plain(high.toPrecision(2))}]`
}

function range({ low, high }: Interval): string {
  return `${plain(low.toPrecision(3))} to ${plain(high.toPrecision(3))}`
}

/** Without an exponent: `1.2e+2` is 120. */
function plain(digits: string): string {
  return String(Number(digits))
}

/** What is compared in `times as`: faster, and fast; ahead, and far. */
function positive(word: string): string {
  return { faster: 'fast', ahead: 'far' }[word] ?? word
}
