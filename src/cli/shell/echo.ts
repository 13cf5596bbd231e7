/** The output that the line editor writes to. While a command runs, what is typed ahead is not shown in between. */
import { Writable } from 'node:stream'

export class Echo extends Writable {
  readonly isTTY = true
  readonly #output: Writable & { readonly columns?: number; readonly rows?: number }
  readonly #resized = (): void => void this.emit('resize')
  muted = false

  constructor(output: Writable & { readonly columns?: number; readonly rows?: number }) {
    super({ decodeStrings: false })
    this.#output = output
    output.on('resize', this.#resized)
  }

  get columns(): number {
    return this.#output.columns ?? 80
  }

  get rows(): number {
    return this.#output.rows ?? 24
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (!this.muted) this.#output.write(chunk)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#output.off('resize', this.#resized)
    done(error)
  }
}
