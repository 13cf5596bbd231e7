/**
 * Which of two is better where at least one of them fell behind: no percentile tells, but who keeps up, or falls behind more slowly; and where
 * that happened in some rounds only, who was better in how many of them.
 */
import { meanInterval } from './bootstrap.ts'
import { inRounds, inSome, perSecond, type Stability, saidOf, tellableGrowth } from './stability.ts'
import type { Measure, Names, Pair, Verdict } from './verdict.ts'

/** Of each of the two. */
interface Both {
  readonly a: Stability
  readonly b: Stability
}

/**
 * By the growth of the backlog: the difference of the two in each round, and its interval over rounds. A winner is shown where the interval lies beyond what can
 * be told, so that rounds in which one of them stood still make the interval wide, and no winner.
 *
 * @param growths requests per second, of rounds on one plan
 */
export function compareGrowths(growths: readonly Pair[], names: Names, both: Both, rate: number): Verdict {
  const more = meanInterval(growths.map(({ a, b }) => b - a))
  const told = tellableGrowth * rate
  const winner = more.low > told ? 'a' : more.high < -told ? 'b' : undefined
  const less = winner === 'b' ? { estimate: -more.estimate, low: -more.high, high: -more.low } : more
  const common = { by: 'backlog', growth: less, rounds: growths.length } as const
  const offered = `${Math.round(rate)}/s`
  if (winner === undefined) {
    const said = (['a', 'b'] as const).map((each) => saidOf(names[each], both[each]))
    const sentence = `no difference shown in how they keep up with ${offered}: ${said.join('; ')}`
    return { ...common, winner, brief: 'no difference shown', sentence }
  }
  const loser = winner === 'a' ? 'b' : 'a'
  const [better, worse] = [both[winner], both[loser]]
  const grows = `${perSecond(worse.growth)}${inSome(worse)}`
  if (better.stable && !better.behind) {
    const sentence = `${names[winner]} keeps up with ${offered}, ${names[loser]} does not: its backlog grows by ${grows}`
    return { ...common, winner, brief: 'keeps up', sentence }
  }
  if (better.stable) {
    const rarely = inSome(better) === '' ? ', too' : ` ${inRounds(better.behind ?? 0, better.rounds ?? 0)} only`
    const sentence = `${names[loser]} falls behind with ${offered}, its backlog grows by ${grows}; ${names[winner]} falls behind${rarely}`
    return { ...common, winner, brief: 'falls behind less often', sentence }
  }
  const sentence = `both fall behind with ${offered}: the backlog of ${names[winner]} grows by ${perSecond(better.growth)}, and that of ${names[loser]} by ${perSecond(less)} more`
  return { ...common, winner, brief: 'falls behind more slowly', sentence }
}

/** Fewer rounds cannot show anything: all five of five are one side's in 6 of 100 cases where there is no difference. */
export const fewestSigns = 6
/** How often a difference may be shown where there is none. */
const error = 0.05

/**
 * By who was better in more rounds (the sign test), for rounds in some of which one fell behind or failed too many requests: it is the worse one there,
 * whatever its percentile is. How much better cannot be told.
 *
 * @param values of the measure in each round; Infinity for one that is the worse one. Rounds in which both have the same count for neither.
 * @param does what the better one does: is better in the measure, unless given
 * @returns undefined where too few rounds tell
 */
export function compareSigns(
  values: readonly Pair[],
  names: Names,
  both: Both,
  measure: Measure,
  does = `is ${measure.word ?? 'faster'} in ${measure.name}`,
): Verdict | undefined {
  const ahead = { a: values.filter(({ a, b }) => a < b).length, b: values.filter(({ a, b }) => b < a).length }
  const rounds = ahead.a + ahead.b
  if (rounds < fewestSigns) return undefined
  const first = ahead.a >= ahead.b ? 'a' : 'b'
  const winner = signTest(ahead[first], rounds) <= error ? first : undefined
  const how = `${names[first]} ${does} ${inRounds(ahead[first], rounds)}`
  const fell = (['a', 'b'] as const).filter((each) => both[each].behind)
  const said = [how, ...fell.map((each) => saidOf(names[each], both[each]))].join('; ')
  const sentence = winner === undefined ? `no difference shown in ${measure.name}: ${said}` : said
  const brief = winner === undefined ? 'no difference shown' : inRounds(ahead[first], rounds)
  return { by: 'rounds', winner, rounds, brief, sentence }
}

/** How probable it is that one of two, no matter which, is better at least so often, where there is no difference. */
export function signTest(better: number, rounds: number): number {
  let [term, sum] = [0.5 ** rounds, 0]
  for (let count = 0; count <= rounds - better; count += 1) {
    sum += term
    term = (term * (rounds - count)) / (count + 1)
  }
  return Math.min(1, 2 * sum)
}
