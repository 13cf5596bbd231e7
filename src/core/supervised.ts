/**
 * A serving loop that is started again when it ends by mistake: a thread of the blocking engine, or a process of the other.
 * What it had is lost with it; the others go on.
 */
import { Restarts } from './restarts.ts'

/** One thread or process, from its start to its end. */
export interface Child {
  /** Resolves when it serves. Rejects with what kept it from that; it then ends. */
  readonly ready: Promise<void>
  /** Resolves once it has ended and what it held has been given back, with the reason as far as it is known. */
  readonly ended: Promise<string | undefined>
  /** Ask it to end when the requests in progress are done. */
  stop(): void
  /** Cut the requests in progress, and let it end. */
  end(): void
}

/** What starts the loops, and what a supervisor needs besides. */
export interface Nursery<T extends Child> {
  /** What one is called in the log: `thread` or `worker`. */
  readonly kind: string
  launch(): T
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Do something later. @returns undoes it */
  later(delay: number, action: () => void): () => void
  /** Write a line to the log. */
  tell(sentence: string): void
}

export class Supervised<T extends Child = Child> {
  /** Resolves once there is none, and there will be none. */
  readonly closed: Promise<void>
  /** The one that runs now, if there is one. */
  child: T | undefined
  private readonly nursery: Nursery<T>
  private readonly restarts = new Restarts()
  private serving = false
  private stopping = false
  private cancel = () => {}
  private close!: () => void

  constructor(nursery: Nursery<T>) {
    this.nursery = nursery
    this.closed = new Promise((resolve) => {
      this.close = resolve
    })
  }

  /** Resolves when it serves. From then on it is started again if need be. @throws what kept it from that */
  async start(): Promise<void> {
    await this.launch().ready
    this.serving = true
  }

  stop(): void {
    if (this.stopping) return
    this.stopping = true
    this.cancel()
    if (this.child === undefined) this.close()
    else this.child.stop()
  }

  end(): void {
    this.stop()
    this.child?.end()
  }

  private launch(): T {
    const child = this.nursery.launch()
    this.child = child
    this.restarts.started(this.nursery.now())
    let failure: string | undefined
    child.ready.catch((error: Error) => {
      failure = error.message
    })
    void child.ended.then((reason) => this.left(failure ?? reason))
    return child
  }

  private left(reason = 'it does not say why'): void {
    this.child = undefined
    if (!this.serving || this.stopping) {
      this.close()
      return
    }
    const { kind, now, tell, later } = this.nursery
    const delay = this.restarts.ended(now())
    const why = reason.replace(/\.$/, '')
    tell(`a ${kind} has ended by mistake, and its connections with it: ${why}. Another starts in ${delay} ms.`)
    this.cancel = later(delay, () => void this.launch())
  }
}
