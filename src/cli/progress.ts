/**
 * Showing how far a transfer has come, once it takes longer than a second: a bar that is drawn over on a terminal, a line
 * now and then elsewhere. Always to standard error: standard output may be what is transferred.
 */
import type { Progress } from '../client/index.ts'
import { formatSize } from '../core/pages/format.ts'
import { printable } from './printable.ts'

export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Milliseconds. What ends within the first second needs no bar. */
const quietTime = 1_000
/** Between two drawings on a terminal, and between two lines elsewhere. */
const drawEvery = 100
const lineEvery = 5_000
/** The rate is that of the last seconds: what it was a minute ago says nothing. */
const rateSpan = 5_000
const barWidth = 20

interface Sample {
  readonly time: number
  readonly bytes: number
}

export class ProgressDisplay {
  readonly #screen: Screen
  readonly #clock: () => number
  readonly #started: number
  #drawn: number
  #samples: Sample[]
  #visible = false

  /** @param clock milliseconds, that only go up */
  constructor(screen: Screen, clock: () => number = () => performance.now()) {
    this.#screen = screen
    this.#clock = clock
    this.#started = clock()
    this.#drawn = Number.NEGATIVE_INFINITY
    this.#samples = [{ time: this.#started, bytes: 0 }]
  }

  /** For `onProgress`. */
  readonly update = (progress: Progress): void => {
    const now = this.#clock()
    const terminal = this.#screen.isTTY === true
    if (now - this.#started < quietTime || now - this.#drawn < (terminal ? drawEvery : lineEvery)) return
    this.#drawn = now
    const line = textOf(progress, this.#rate(now, progress.bytes))
    if (terminal) {
      // One column less: a full line would make some terminals begin another.
      const width = (this.#screen.columns ?? 80) - 1
      this.#screen.write(`\r${line.slice(0, width)}\u001b[K`)
      this.#visible = true
    } else this.#screen.write(`${line}\n`)
  }

  /** Take the bar away, so that something else can be written. */
  readonly clear = (): void => {
    if (this.#visible) this.#screen.write('\r\u001b[K')
    this.#visible = false
    this.#drawn = Number.NEGATIVE_INFINITY
  }

  /** Bytes a second. */
  #rate(now: number, bytes: number): number {
    this.#samples.push({ time: now, bytes })
    while (this.#samples.length > 2 && now - (this.#samples[1] as Sample).time > rateSpan) this.#samples.shift()
    const first = this.#samples[0] as Sample
    return now === first.time ? 0 : Math.max(0, ((bytes - first.bytes) / (now - first.time)) * 1000)
  }
}

/** One line: `45% [=========>          ] 450.0 MiB of 1.0 GiB, 102.3 MiB/s, 0:05 left, a.txt (3 of 10)`. */
export function textOf(progress: Progress, rate: number): string {
  const { path, phase, done, total, bytes, totalBytes, files, totalFiles } = progress
  const name = printable(path)
  if (phase === 'digest') return `${percent(done, total)} verifying ${name}`
  const whole = totalBytes ?? (totalFiles === 1 ? total : undefined)
  const parts = [
    whole === undefined ? formatSize(bytes) : `${formatSize(bytes)} of ${formatSize(whole)}`,
    `${formatSize(Math.round(rate))}/s`,
  ]
  if (whole !== undefined && rate > 0) parts.push(`${duration((whole - bytes) / rate)} left`)
  const several = totalFiles === undefined || totalFiles > 1
  parts.push(several ? `${name} (${Math.min(files + 1, totalFiles ?? files + 1)} of ${totalFiles ?? '?'})` : name)
  return `${whole === undefined ? '' : `${percent(bytes, whole)} ${bar(bytes, whole)} `}${parts.join(', ')}`
}

function percent(done: number, total: number | undefined): string {
  if (total === undefined) return '    '
  return `${Math.floor(total === 0 ? 100 : (done / total) * 100)}%`.padStart(4)
}

function bar(done: number, total: number): string {
  const full = Math.floor(total === 0 ? barWidth : (done / total) * barWidth)
  const line = `${'='.repeat(full)}${full < barWidth ? '>' : ''}`
  return `[${line.padEnd(barWidth)}]`
}

/** `0:05`, `12:30`, `3:07:09`. @param seconds any number of them */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
