/**
 * What a connection does when its turn has come: one request, or one message of the protocol that it has changed to.
 */
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Connection, Fate } from './connection.ts'
import { exchange } from './exchange.ts'

/** Something has come, or is left over from before. Never throws, except for a mistake in the program. */
export function turn(connection: Connection, site: Site): Program<Fate> {
  return connection.protocol?.turn() ?? exchange(connection, site)
}

/** Nothing has come for as long as `patienceWith` says, or the server is stopping. */
export function lapse(connection: Connection): Program<Fate> {
  return connection.protocol?.lapse() ?? over()
}

// biome-ignore lint/correctness/useYield: there is nobody to tell
function* over(): Program<Fate> {
  return 'abort'
}

/** How long a connection may be silent between two turns, in milliseconds. */
export function patienceWith(connection: Connection, site: Site): number {
  return connection.protocol?.patience ?? site.limits.idleTime
}
