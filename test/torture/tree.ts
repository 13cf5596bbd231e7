/** What is really in a directory. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from './random.ts'
import { directory, type State } from './states.ts'

/** Everything below it. What is neither a file nor a directory cannot come from a test, and is told by its name. */
export function treeOf(path: string): State {
  const state = new Map<string, string>()
  const visit = (below: string) => {
    for (const entry of readdirSync(join(path, below), { withFileTypes: true })) {
      const inner = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) {
        state.set(inner, directory)
        visit(inner)
      } else state.set(inner, entry.isFile() ? digestOf(readFileSync(join(path, inner))) : 'something else')
    }
  }
  visit('')
  return state
}
