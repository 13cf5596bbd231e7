/** What machines would do under a demand: a simulation drawn several times, with an interval for everything it says. Seconds. */
import { geometricInterval, type Interval, meanInterval } from '../statistics/bootstrap.ts'
import { percentile, tellable } from '../statistics/percentile.ts'
import { type Demand, holdOf, type Machine, utilizations } from './model.ts'
import { type Drawn, simulate } from './simulate.ts'

export interface Effort {
  /** Runs, at least five. */
  readonly draws: number
  /** Of each run. */
  readonly requests: number
  readonly seed: number
}

export interface Answer {
  /** ρ by station. */
  readonly utilization: Readonly<Record<string, number>>
  /** Of clients that are not slow; none where the backlog grows without end. */
  readonly percentiles: Readonly<Record<string, Interval>>
  /** The share of time in which slow clients hold all threads of a machine. */
  readonly held: Interval
  /** Requests per second by which the backlog of all machines grows; 0 where it does not. */
  readonly growth: number
}

export const percents = [50, 90, 99, 99.9] as const

/** A run has to last longer than slow clients do, and still to end. */
const holdsInRun = 20
const mostRequests = 200_000

export function answer(demand: Demand, machine: Machine, effort: Effort): Answer {
  const utilization = utilizations(demand, machine)
  const none = { estimate: 0, low: 0, high: 0 }
  const most = Math.max(...Object.values(utilization))
  // What is beyond its capacity at one station lets through only so much.
  if (most >= 1) return { utilization, percentiles: {}, held: none, growth: demand.rate * (1 - 1 / most) }
  const runs = draw(demand, machine, effort)
  const growth = meanInterval(runs.map((run) => run.growth))
  const own = demand.rate / demand.machines
  // A hundredth of what comes is not told from a long queue, as in bench/statistics/stability.ts.
  if (growth.low > own / 100) {
    return { utilization, percentiles: {}, held: none, growth: growth.estimate * demand.machines }
  }
  return {
    utilization,
    percentiles: Object.fromEntries(
      percents
        .filter((percent) => runs.every(({ latencies }) => tellable(latencies.length, percent)))
        .map((percent) => [percent, across(runs.map(({ latencies }) => percentile(latencies, percent)))]),
    ),
    held: meanInterval(runs.map(({ held }) => held)),
    growth: 0,
  }
}

function draw(demand: Demand, machine: Machine, { draws, requests, seed }: Effort): Drawn[] {
  const { rate, machines, sizes, slow } = demand
  const longest =
    slow.share === 0 || machine.mode === 'async' ? 0 : Math.max(...sizes.map(({ bytes }) => holdOf(bytes, slow)))
  const long = Math.ceil((holdsInRun * longest * rate) / machines)
  const each = Math.max(requests, Math.min(long, mostRequests))
  return Array.from({ length: draws }, (_, at) => simulate(demand, machine, each, seed * 1000 + at))
}

/** Over runs, as logarithms: one run may have several times what another has. */
function across(values: readonly number[]): Interval {
  return geometricInterval(values.map((value) => Math.max(value, 1e-9)))
}

export interface Enough {
  readonly machines: number
  /** p99 with so many. */
  readonly p99: Interval
}

/** Nobody has more. */
export const mostMachines = 2 ** 20

/**
 * The fewest machines with which the interval of p99 lies below a target.
 *
 * @returns undefined where so many are not enough
 */
export function machinesFor(target: number, demand: Demand, machine: Machine, effort: Effort): Enough | undefined {
  const tried = new Map<number, Interval | undefined>()
  const p99With = (machines: number) => {
    if (!tried.has(machines)) tried.set(machines, answer({ ...demand, machines }, machine, effort).percentiles['99'])
    return tried.get(machines)
  }
  const reaches = (machines: number) => (p99With(machines)?.high ?? Infinity) <= target
  const most = Math.max(...Object.values(utilizations({ ...demand, machines: 1 }, machine)))
  let [few, many] = [Math.ceil(most) - 1, Math.max(1, Math.ceil(most))]
  while (!reaches(many)) {
    if (many >= mostMachines) return undefined
    few = many
    many = Math.min(many * 2, mostMachines)
  }
  while (many - few > 1) {
    const middle = (few + many) >> 1
    if (reaches(middle)) many = middle
    else few = middle
  }
  return { machines: many, p99: p99With(many) as Interval }
}
