/** The answer of `twinserve predict`, for people. */
import { time } from '../run/table.ts'
import type { Interval } from '../statistics/bootstrap.ts'
import { type Answer, type Enough, mostMachines } from './answer.ts'
import type { Costs, Demand, Machine } from './model.ts'
import type { Wanted } from './options.ts'

/** Of one engine under one rate. */
export interface Answered {
  readonly rate: number
  readonly machine: Machine
  readonly answer: Answer
  /** Undefined where none was asked for. */
  readonly enough: Enough | 'never' | undefined
}

/** What the simulation leaves out, in one sentence. */
export const leftOut =
  'It leaves out the network and TCP (loss, delay, the share that each gets of a link), limits of the kernel (descriptors, backlogs, buffers, memory), ' +
  'clients that give up or come again, caches that warm up or run over, and whatever makes service longer where more happens at a time. ' +
  'Held against two real engines it was right about p50 within a factor of two, and p99 was up to twenty-one times as long (docs/results.md): take a tail, and what --target says, as the least.'

const count = (value: number, one: string) => `${value.toLocaleString('en')} ${one}${value === 1 ? '' : 's'}`
const digits = (value: number) => String(Number(value.toPrecision(3)))
const range = ({ estimate, low, high }: Interval, write: (value: number) => string) =>
  low === high ? write(estimate) : `${write(estimate)} [${write(low)}, ${write(high)}]`
/** A share of time never lies below nothing or above all of it, however wide its interval is. */
const percent = (value: number) => `${digits(Math.min(1, Math.max(0, value)) * 100)} %`

export function introduction({ demand, effort, machines }: Wanted): string[] {
  const { sizes, slow, spread } = demand
  const mix = sizes.map(({ bytes, weight }) => (sizes.length === 1 ? size(bytes) : `${weight} × ${size(bytes)}`))
  const slowly =
    slow.share === 0 ? 'no slow clients' : `${digits(slow.share * 100)} % slow clients with ${size(slow.speed)}/s`
  const over = demand.machines === 1 ? '' : `, spread ${spread === 'random' ? 'at random' : 'in turn'}`
  return [
    `A simulation, not a measurement: ${effort.draws} runs of ${effort.requests.toLocaleString('en')} requests or more, seed ${effort.seed}, [95 % intervals over runs].`,
    `${count(demand.machines, 'machine')} with ${count(machines[0]?.processors ?? 1, 'processor')}${over}; files of ${mix.join(', ')}; ${slowly}.`,
  ]
}

export function costLine(mode: string, { perRequest, perByte, way, variability }: Costs): string {
  const bytes = perByte === 0 ? '' : ` and ${time(perByte * 1024 * 1024)} for each MiB`
  return `${mode} takes ${time(perRequest)} of a processor for a request${bytes} (c² ${digits(variability)}), and ${time(way)} there and back.`
}

export function lines({ rate, machine, answer, enough }: Answered, target: number | undefined): string[] {
  const { mode, seats } = machine
  const name = mode === 'sync' ? `blocking, ${count(seats, 'thread')}` : `event loop, ${count(seats, 'worker')}`
  const { utilization, percentiles, held, growth } = answer
  const found = [`${digits(rate)}/s, ${name}`]
  const stations = Object.entries(utilization).map(([station, share]) => `${station} ${share.toFixed(3)}`)
  found.push(`  utilization   ${stations.join(', ')}`)
  const cells = Object.entries(percentiles).map(([name, interval]) => `p${name} ${range(interval, time)}`)
  if (growth > 0) {
    found.push(`  unstable      the backlog grows by ${digits(growth)}/s: no percentile would mean anything`)
  }
  for (let at = 0; at < cells.length; at += 2) {
    found.push(`  ${(at === 0 ? 'latency' : '').padEnd(13)} ${cells.slice(at, at + 2).join('  ')}`)
  }
  if (mode === 'sync' && growth === 0) {
    found.push(`  all threads of a machine are held by slow clients ${range(held, percent)} of the time`)
  }
  if (target !== undefined && enough !== undefined) found.push(`  ${targetLine(target, enough)}`)
  return found
}

function targetLine(target: number, enough: Enough | 'never'): string {
  if (enough === 'never') return `not even ${mostMachines.toLocaleString('en')} machines have a p99 of ${time(target)}`
  const { machines, p99 } = enough
  return `for a p99 of ${time(target)} it takes ${count(machines, 'machine')}, which have ${range(p99, time)}`
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${digits(bytes / 1024 ** power)} ${units[power]}`
}

/** For who cannot see it from the figures alone. */
export function fleetLine({ machines }: Pick<Demand, 'machines'>, { answer, machine }: Answered): string | undefined {
  if (machines < 10 || machine.mode !== 'sync' || answer.growth > 0 || answer.held.estimate <= 0) return undefined
  return `  so at any moment about ${digits(machines * answer.held.estimate)} of ${machines.toLocaleString('en')} machines answer nobody`
}
