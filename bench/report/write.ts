/** The report beside its results: `report.html`. */
import fs from 'node:fs'
import path from 'node:path'
import type { Results } from '../run/results.ts'
import { curvesOf } from './curves.ts'
import { page } from './page.ts'
import { readResults } from './read.ts'

/** @param directory where the results and the lines of their runs lie */
export function writeReport(results: Results, directory: string, file = path.join(directory, 'report.html')): void {
  fs.writeFileSync(
    file,
    page(results, (scenario) => curvesOf(scenario, directory)),
  )
}

/**
 * A report of results that lie there already.
 *
 * @returns the file @throws an Error with a sentence that says what to do, where there are no results, or where a report is there that has
 * more than could be drawn now
 */
export function reportOf(directory: string, out: string | undefined): string {
  const results: Results = readResults(directory)
  const file = out ?? path.join(directory, 'report.html')
  const missing = results.scenarios.flatMap((scenario) =>
    [...curvesOf(scenario, directory).values()].flatMap((curves) => curves.missing),
  )
  if (missing.length > 0 && fs.existsSync(file)) {
    throw new Error(
      `${file} is there, and its curves could not all be drawn again: the lines of ${missing.length} runs are missing (${missing[0]}). To write one without them, give --out and another name.`,
    )
  }
  writeReport(results, directory, file)
  return file
}
