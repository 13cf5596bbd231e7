/**
 * One machine of many, simulated event by event. Where requests are spread over machines at random, each machine has a Poisson
 * process of its own, so that one stands for all; in turn, each gets every m-th, with a gamma distribution between two.
 *
 * - Blocking: a request has a thread from its begin to its end: processor time, the read from disk, and the time of a client that is slow.
 * - Event loop: a worker gives each request a turn (of at most 512 KiB), and nobody is waited for but the processor; files are
 *   read by file threads. A slow client costs what any other does.
 * - Turns wait for a processor in the order in which they come.
 */
import { chooser } from '../load/plan.ts'
import { sorted } from '../statistics/percentile.ts'
import { exponential, type Random, randomFrom } from '../statistics/random.ts'
import { gamma } from '../theory/gamma.ts'
import { Heap } from '../theory/heap.ts'
import { type Demand, holdOf, type Machine, turnBytes } from './model.ts'

/** What came of one run. Seconds. */
export interface Drawn {
  /** Latencies of those who were not slow, ascending. */
  readonly latencies: Float64Array
  /** The share of time in which slow clients held all threads. */
  readonly held: number
  /** How fast the backlog grew in the second half, in requests per second of this machine. */
  readonly growth: number
}

/** @param requests to be simulated, besides the tenth before them that is not looked at */
export function simulate(demand: Demand, machine: Machine, requests: number, seed: number): Drawn {
  return new Simulation(demand, machine, requests, seed).run()
}

interface Job {
  readonly came: number
  readonly slow: boolean
  /** Seconds of a processor, and how many turns they are taken in. */
  readonly work: number
  turns: number
  readonly hold: number
  readonly counted: boolean
}

/** A number of servers with one queue: a place is taken, and given back. */
class Station {
  private free: number
  private readonly waiting: (() => void)[] = []
  private head = 0

  constructor(servers: number) {
    this.free = servers
  }

  take(begin: () => void): void {
    if (this.free > 0) {
      this.free -= 1
      begin()
    } else this.waiting.push(begin)
  }

  give(): void {
    const next = this.waiting[this.head]
    if (next === undefined) {
      this.free += 1
      return
    }
    this.head += 1
    // What has gone is thrown away now and then, and not each time.
    if (this.head > 1024) {
      this.waiting.splice(0, this.head)
      this.head = 0
    }
    next()
  }
}

class Simulation {
  private readonly demand: Demand
  private readonly machine: Machine
  private readonly random: Random
  private readonly requests: number
  private readonly events = new Heap<() => void>()
  private now = 0
  private readonly processors: Station
  /** Threads, or workers: one queue for all, or one for each. */
  private readonly seats: Station[]
  private readonly files: Station
  private readonly latencies: number[] = []
  private readonly chooseSize: () => number
  private there = 0
  private holding = 0
  private heldSince = 0
  private held = 0

  constructor(demand: Demand, machine: Machine, requests: number, seed: number) {
    this.demand = demand
    this.machine = machine
    this.requests = requests
    this.random = randomFrom(seed)
    const { seats, processors, connections, disk } = machine
    this.processors = new Station(processors)
    this.seats = connections === 'new' ? [new Station(seats)] : Array.from({ length: seats }, () => new Station(1))
    this.files = new Station(disk.threads * seats)
    this.chooseSize = chooser(
      this.random,
      demand.sizes.map(({ weight }) => weight),
    )
  }

  run(): Drawn {
    const early = Math.ceil(this.requests / 10)
    const total = early + this.requests
    let [middle, atMiddle, began] = [0, 0, 0]
    for (let at = 0; at < total; at += 1) {
      const arrival = this.now + this.gap()
      this.until(arrival)
      if (at === early) [began, this.held, this.heldSince] = [arrival, 0, arrival]
      if (at === early + (this.requests >> 1)) [middle, atMiddle] = [arrival, this.there]
      this.arrive(at >= early)
    }
    const end = this.now
    if (this.holding === this.machine.seats) this.held += end - this.heldSince
    const [held, left] = [this.held / (end - began), this.there]
    // Who came is waited for, with nobody coming any more.
    this.until(Infinity)
    return { latencies: sorted(this.latencies), held, growth: (left - atMiddle) / (end - middle) }
  }

  /** Between two arrivals at this machine. */
  private gap(): number {
    const { rate, machines, spread } = this.demand
    const mean = machines / rate
    return spread === 'random' ? exponential(this.random, mean) : gamma(this.random, machines, mean)
  }

  private until(end: number): void {
    while (this.events.size > 0 && this.events.least <= end) {
      const { key, item } = this.events.pop()
      this.now = key
      item()
    }
    if (end < Infinity) this.now = end
  }

  private after(seconds: number, then: () => void): void {
    this.events.push(this.now + seconds, then)
  }

  private arrive(counted: boolean): void {
    const { demand, machine, random } = this
    const { bytes } = demand.sizes[this.chooseSize()] as Demand['sizes'][number]
    const slow = random() < demand.slow.share
    const { perRequest, perByte, variability } = machine.costs
    const mean = perRequest + perByte * bytes
    const work = variability === 0 || mean === 0 ? mean : gamma(random, 1 / variability, mean)
    const turns = Math.max(1, Math.ceil(bytes / turnBytes))
    const hold = slow ? holdOf(bytes, demand.slow) : 0
    const job: Job = { came: this.now, slow, work, turns, hold, counted }
    this.there += 1
    const seat = this.seats[Math.floor(random() * this.seats.length)] as Station
    if (machine.mode === 'sync') this.block(job, seat)
    else this.turn(job, seat, job.work / turns)
  }

  private compute(seconds: number, then: () => void): void {
    this.processors.take(() =>
      this.after(seconds, () => {
        this.processors.give()
        then()
      }),
    )
  }

  /** A thread does it from the begin to the end. */
  private block(job: Job, seat: Station): void {
    const done = () => {
      if (job.hold > 0) this.release()
      seat.give()
      this.end(job)
    }
    const wait = () => {
      if (job.hold > 0) this.hold()
      if (job.hold + this.machine.disk.delay > 0) this.after(job.hold + this.machine.disk.delay, done)
      else done()
    }
    seat.take(() => this.compute(job.work, wait))
  }

  /** A worker does a part of it, and then turns to the next. */
  private turn(job: Job, seat: Station, seconds: number): void {
    seat.take(() =>
      this.compute(seconds, () => {
        job.turns -= 1
        // Those who wait come first.
        seat.give()
        if (job.turns > 0) this.turn(job, seat, seconds)
        else this.read(job)
      }),
    )
  }

  private read(job: Job): void {
    const { delay } = this.machine.disk
    const done = () => {
      this.files.give()
      this.end(job)
    }
    if (delay === 0) this.end(job)
    else this.files.take(() => this.after(delay, done))
  }

  private hold(): void {
    this.holding += 1
    if (this.holding === this.machine.seats) this.heldSince = this.now
  }

  private release(): void {
    if (this.holding === this.machine.seats) this.held += this.now - this.heldSince
    this.holding -= 1
  }

  private end(job: Job): void {
    this.there -= 1
    if (job.counted && !job.slow) this.latencies.push(this.now - job.came + this.machine.costs.way)
  }
}
