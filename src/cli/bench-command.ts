/** `twinserve bench` and `predict`: the bench is no part of the package, but of a checkout, where it is run from its sources. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { UsageError } from './usage-error.ts'

export const benchSummary = 'Measure what the two engines cost, in a checkout'
export const predictSummary = 'Simulate what machines with either engine would do under a load, in a checkout'

const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/** @param words what `bench/main.ts` is to be told @returns the exit status @throws UsageError outside a checkout */
export const bench = (words: readonly string[]): Promise<number> => fromSources('bench/main.ts', words)

/** @param words what `bench/predict/main.ts` is to be told @returns the exit status @throws UsageError outside a checkout */
export const predict = (words: readonly string[]): Promise<number> => fromSources('bench/predict/main.ts', words)

async function fromSources(entry: string, words: readonly string[]): Promise<number> {
  const [main, loader] = [file(entry), file('scripts/typescript.js')]
  if (!existsSync(main) || !existsSync(loader)) {
    throw new UsageError(
      'The bench is not in the package: it needs the sources. Clone the repository, run npm ci in it, and try again there with npx twinserve.',
    )
  }
  // Ctrl-C reaches it by itself, and it is to be waited for.
  process.on('SIGINT', () => {})
  const child = spawn(process.execPath, [`--import=${loader}`, main, ...words], { stdio: 'inherit' })
  const [status] = (await once(child, 'close')) as [number | null]
  return status ?? 1
}
