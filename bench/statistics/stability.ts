/**
 * Whether a server kept up: by the growth of its backlog.
 *
 * Where more comes than can be served, the queue grows for as long as the run lasts, and so do the waits: a percentile
 * of them says how long the run was, and nothing about the server. What does say something is how fast the queue grows.
 *
 * What is looked at is how short the queue became now and then, and not how long it was at the end: one that was emptied in the last
 * quarter of a run does not grow, however long it was before. So a server that stands still for less than a quarter of the run, once or
 * again and again, is not taken for one that falls behind.
 */
import { type Confidence, fewestRounds, type Interval, meanInterval } from './bootstrap.ts'

/**
 * A backlog that grows by less than this share of what comes is not told from a queue that is long but steady: after an
 * empty start, that takes a while to reach its length.
 */
export const tellableGrowth = 0.01

/** Parts of a run in which its backlog is looked at. The first is left out: every queue grows at first. */
export const blocks = 20
const quarter = blocks / 4
/** The share of a run between the begins of what is compared: a backlog that grows is least where a quarter begins. */
const span = 1 - quarter / blocks - 1 / blocks
/**
 * Where few come, that share is a handful of requests, which a steady queue holds, too: there a backlog has to grow by so many standard deviations of
 * the number that came (Poisson).
 */
const beyondChance = 2

/**
 * How many requests were due and not over, at the end of each of `blocks` equal parts of a run and at its begin. One that has failed is over: nobody waits
 * for it any more.
 *
 * @param due when each request was to be sent, ascending; seconds from the begin
 * @param done when it was answered or known to have failed, in the same order; Infinity or NaN if never
 */
export function backlogs(due: ArrayLike<number>, done: ArrayLike<number>, seconds: number, blocks: number): number[] {
  const found: number[] = []
  walk(due, done, seconds, blocks, (backlog) => found.push(backlog))
  return [0, ...found]
}

/** The least that the backlog was in each of `blocks` equal parts of a run. See `backlogs`. */
export function leastBacklogs(due: ArrayLike<number>, done: ArrayLike<number>, seconds: number): number[] {
  const found: number[] = []
  walk(due, done, seconds, blocks, (_, least) => found.push(least))
  return found
}

/** Go through a run in the order in which requests came and went. @param each is told at the end of each part what the backlog is, and was at least */
function walk(
  due: ArrayLike<number>,
  done: ArrayLike<number>,
  seconds: number,
  blocks: number,
  each: (backlog: number, least: number) => void,
): void {
  const ended = Float64Array.from(done, (time) => (Number.isNaN(time) ? Infinity : time)).sort()
  let [come, gone, least] = [0, 0, 0]
  for (let block = 1; block <= blocks; block += 1) {
    const end = (seconds * block) / blocks
    for (;;) {
      const [next, over] = [due[come] ?? Infinity, ended[gone] ?? Infinity]
      if (Math.min(next, over) > end || Math.min(next, over) === Infinity) break
      if (next <= over) come += 1
      else {
        gone += 1
        least = Math.min(least, come - gone)
      }
    }
    each(come - gone, least)
    least = come - gone
  }
}

/** How fast a backlog grew in a run, in requests per second. @param least in each block, see `leastBacklogs` */
export function growthOf(least: readonly number[], seconds: number): number {
  const [first, last] = [Math.min(...least.slice(1, quarter)), Math.min(...least.slice(-quarter))]
  return (last - first) / (span * seconds)
}

/** What was offered in each round. */
export interface Offered {
  /** Requests per second. */
  readonly rate: number
  /** Of a round. */
  readonly seconds: number
}

/** The least growth that is told from a queue that is long but steady, in requests per second. */
function leastGrowth({ rate, seconds }: Offered): number {
  const time = span * seconds
  return Math.max(tellableGrowth * rate, (beyondChance * Math.sqrt(rate * time)) / time)
}

/** Whether a server fell behind in a round. */
export function fellBehind(growth: number, offered: Offered): boolean {
  return growth > leastGrowth(offered)
}

export interface Stability {
  /** Whether it is not shown that the backlog grows. */
  readonly stable: boolean
  /** Requests per second. */
  readonly growth: Interval
  /** In how many rounds it fell behind; absent in results that are older. */
  readonly behind?: number
  readonly rounds?: number
  /** `stable`, or what to say in place of percentiles. */
  readonly sentence: string
}

/** @param growth of each round */
export function stabilityOf(growth: readonly number[], offered: Offered, confidence: Confidence = {}): Stability {
  if (growth.length < fewestRounds) {
    throw new RangeError(`Growth needs ${fewestRounds} rounds, and there are ${growth.length}: run more of them.`)
  }
  const interval = meanInterval(growth, confidence)
  const { rate } = offered
  const stable = interval.low <= leastGrowth(offered)
  const rounds = growth.length
  const behind = growth.filter((one) => fellBehind(one, offered)).length
  const fell = behind > 0 ? `fell behind ${inRounds(behind, rounds)}` : 'stable'
  const unstable = `unstable: backlog +${perSecond(interval)}${inSome({ behind, rounds })}, with ${Math.round(rate)}/s offered`
  return { stable, growth: interval, behind, rounds, sentence: stable ? fell : unstable }
}

/** Such as `blocking is stable`, or `blocking fell behind in 2 of 6 rounds`. */
export function saidOf(name: string, { stable, behind = 0, sentence }: Stability): string {
  return `${name} ${stable && behind > 0 ? '' : 'is '}${sentence}`
}

export const inRounds = (some: number, all: number): string => `in ${some} of ${all} rounds`

/** In how many rounds it fell behind, behind a comma, where those are neither all nor none. */
export function inSome({ behind = 0, rounds = 0 }: Pick<Stability, 'behind' | 'rounds'>): string {
  return behind > 0 && behind < rounds ? `, ${inRounds(behind, rounds)}` : ''
}

/** Such as `120/s [110, 130]`. */
export function perSecond({ estimate, low, high }: Interval): string {
  const [by, from, to] = [estimate, low, high].map((value) => String(Math.round(value)))
  return `${by}/s [${from}, ${to}]`
}
