/** Counting what moves, for `onProgress`. */
import type { Progress } from './options.ts'

/** All files of one call. */
export class Meter {
  readonly #tell: ((progress: Progress) => void) | undefined
  totalBytes: number | undefined
  totalFiles: number | undefined
  bytes = 0
  files = 0

  constructor(tell: ((progress: Progress) => void) | undefined, totalFiles: number | undefined = 1) {
    this.#tell = tell
    this.totalFiles = totalFiles
  }

  /** @param total undefined when it is not known */
  file(path: string, total: number | undefined): FileMeter {
    return new FileMeter(this, path, total)
  }

  tell(file: Pick<Progress, 'path' | 'phase' | 'done' | 'total'>): void {
    const { bytes, totalBytes, files, totalFiles } = this
    this.#tell?.({ ...file, bytes, totalBytes, files, totalFiles })
  }
}

/** One of them. */
export class FileMeter {
  readonly #meter: Meter
  readonly #path: string
  total: number | undefined
  #done = 0

  constructor(meter: Meter, path: string, total: number | undefined) {
    this.#meter = meter
    this.#path = path
    this.total = total
  }

  /** So many bytes more. Less than none where some must be sent again. */
  add(bytes: number): void {
    this.#done += bytes
    this.#meter.bytes += bytes
    this.#tell('transfer', this.#done)
  }

  /** So many bytes there are. */
  at(done: number): void {
    this.add(done - this.#done)
  }

  /** So many bytes are read for a digest. */
  digest(done: number): void {
    this.#tell('digest', done)
  }

  /** It is complete. */
  finish(): void {
    this.#meter.files += 1
    this.#tell('transfer', this.#done)
  }

  #tell(phase: Progress['phase'], done: number): void {
    this.#meter.tell({ path: this.#path, phase, done, total: this.total })
  }
}
