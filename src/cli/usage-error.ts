/** Something the person at the command line can put right: shown as one sentence, without a stack, with exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
