/** What of the bench is to be run, by name. */
import type { Part, Wanted } from './options.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { operationNames } from './timing/operations.ts'
import { tripNames } from './timing/trips.ts'
import { Refused } from './words.ts'

export interface Chosen {
  readonly operations: readonly string[]
  readonly trips: readonly string[]
  readonly load: readonly Scenario[]
  /** Whether to show what the two loops see of a server that stands still. */
  readonly truth: boolean
}

export const truthName = 'freeze'

/** @throws Refused where that is nothing */
export function chosenBy({ quick, parts, only }: Wanted): Chosen {
  const named = (name: string) => only === undefined || only.some((one) => name.startsWith(one))
  const has = (part: Part) => parts.includes(part)
  const chosen = {
    operations: has('operations') ? operationNames(quick).filter(named) : [],
    trips: has('trips') ? tripNames.filter(named) : [],
    load: has('load') ? scenarios.filter((one) => named(one.name) && (!quick || only !== undefined || one.quick)) : [],
    truth: has('truth') && named(truthName),
  }
  if (chosen.operations.length + chosen.trips.length + chosen.load.length === 0 && !chosen.truth) {
    throw new Refused(`Nothing is called ${JSON.stringify(only?.join(','))}: --list shows what there is.`)
  }
  return chosen
}

/** One line for each. */
export function listed({ operations, trips, load, truth }: Chosen): string[] {
  return [
    ...operations.map((name) => `operations  ${name}`),
    ...trips.map((name) => `trips       ${name}`),
    ...load.map(({ name, title }) => `load        ${name.padEnd(20)} ${title}`),
    ...(truth ? [`truth       ${truthName}`] : []),
  ]
}
