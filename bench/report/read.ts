/** Results that lie in a directory, read back as they were written. */
import fs from 'node:fs'
import path from 'node:path'
import type { Results } from '../run/results.ts'

/** @throws an Error with a sentence that says what to do */
export function readResults(directory: string): Results {
  const file = path.join(directory, 'results.json')
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): name a directory that the bench has written.`,
    )
  }
  let results: Partial<Results>
  try {
    results = JSON.parse(text, (_, value) => (value === 'never' ? Infinity : value))
  } catch {
    throw new Error(`${file} is not JSON: run the bench again, or take the file from where it came from once more.`)
  }
  if (!Array.isArray(results?.scenarios) || !Array.isArray(results.timings) || typeof results.machine !== 'object') {
    throw new Error(`${file} holds no results of the bench: name a directory that the bench has written.`)
  }
  return results as Results
}
