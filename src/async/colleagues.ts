/**
 * Metrics of several workers: whoever is asked asks the parent, and the parent asks all of them.
 *
 * - A worker that does not answer soon is left out; one that gets no answer from its parent tells of itself.
 */
import type { Measured } from '../core/metrics/exposition.ts'

/** How long one answer is waited for, in milliseconds: a worker that is later than this is very busy. */
const answerTime = 1000

/** Questions that have been sent, and not answered yet. */
class Questions {
  private readonly waiting = new Map<number, (answer: Measured | undefined) => void>()
  private asked = 0

  /** Ask. @param send is given the number of the question @returns undefined when there was no answer in time */
  ask(send: (id: number) => void, time: number): Promise<Measured | undefined> {
    const id = this.asked++
    return new Promise((resolve) => {
      const settle = (answer: Measured | undefined) => {
        clearTimeout(timer)
        this.waiting.delete(id)
        resolve(answer)
      }
      const timer = setTimeout(settle, time, undefined)
      timer.unref()
      this.waiting.set(id, settle)
      send(id)
    })
  }

  /** An answer has come, perhaps too late. */
  answered(id: number, answer: Measured): void {
    this.waiting.get(id)?.(answer)
  }
}

/** The other workers, as one of them sees them. */
export class Colleagues {
  /** What this worker has to tell, once it serves. */
  own: () => Promise<Measured> = async () => ({ loops: [], processes: [] })
  private readonly questions = new Questions()
  private readonly send: (message: WorkerMessage) => void

  constructor(send: (message: WorkerMessage) => void) {
    this.send = send
  }

  /** What all of them have counted. */
  async all(): Promise<Measured> {
    const ask = (id: number) => this.send({ kind: 'ask', id })
    // The parent waits for everybody first.
    return (await this.questions.ask(ask, 2 * answerTime)) ?? (await this.own())
  }

  /** The parent wants to know. */
  async tell(id: number): Promise<void> {
    this.send({ kind: 'told', id, measured: await this.own() })
  }

  answered(id: number, measured: Measured): void {
    this.questions.answered(id, measured)
  }
}

/** What workers say to their parent besides that they serve. */
export type WorkerMessage =
  | { readonly kind: 'ask'; readonly id: number }
  | { readonly kind: 'told'; readonly id: number; readonly measured: Measured }

/** What the parent says to a worker. */
export type ParentMessage =
  | { readonly kind: 'tell'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly measured: Measured }

/** One worker, as the parent asks it. */
export class Witness {
  private readonly questions = new Questions()
  private readonly send: (message: ParentMessage) => void

  constructor(send: (message: ParentMessage) => void) {
    this.send = send
  }

  testify(): Promise<Measured | undefined> {
    return this.questions.ask((id) => this.send({ kind: 'tell', id }), answerTime)
  }

  /** @param all asks every worker */
  async hear(message: WorkerMessage, all: () => Promise<Measured>): Promise<void> {
    if (message.kind === 'told') this.questions.answered(message.id, message.measured)
    else this.send({ kind: 'answer', id: message.id, measured: await all() })
  }
}

/** Several answers as one. */
export function together(answers: readonly (Measured | undefined)[]): Measured {
  const given = answers.filter((answer) => answer !== undefined)
  return {
    loops: given.flatMap(({ loops }) => loops),
    processes: given.flatMap(({ processes }) => processes),
  }
}
