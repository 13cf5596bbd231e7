/** Where the bench is, and how long it will still take: on the terminal's last line, if there is a terminal. */
export class Progress {
  private readonly expected: readonly number[]
  private finished = 0
  private readonly begun = Date.now()

  /** @param expected seconds of each step */
  constructor(expected: readonly number[]) {
    this.expected = expected
  }

  /** What is being done now. */
  say(what: string): void {
    if (!process.stderr.isTTY) return
    process.stderr.write(`\r\x1b[K[${this.finished + 1}/${this.expected.length}, ${this.left()} left] ${what}`)
  }

  /** A step is over. @param text its result */
  done(text: string): void {
    this.finished += 1
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    console.log(text)
  }

  /** How many seconds the steps after this one will take. */
  after(): number {
    return this.from(this.finished + 1)
  }

  private left(): string {
    const seconds = this.from(this.finished)
    return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
  }

  /** From a step on, by what the steps before this one took against what was expected of them. */
  private from(step: number): number {
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
    const past = sum(this.expected.slice(0, this.finished))
    const pace = past === 0 ? 1 : (Date.now() - this.begun) / 1000 / past
    return sum(this.expected.slice(step)) * pace
  }
}
