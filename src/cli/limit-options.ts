/**
 * The bounds that can be set when a server is started: those that operators have reason to change. All there are,
 * with their reasons, are in `core/limits.ts` and docs/limits.md.
 */
import type { Options } from 'yargs'
import type { Limits } from '../core/limits.ts'
import type { Settings } from './settings.ts'

const group = 'Limits:'

/** As the help shows them. The defaults are those of `core/limits.ts`: a test compares them. */
export const limitOptions = {
  'max-connections': { defaultDescription: '10000', describe: 'Connections at a time; one more gets 503', group },
  'max-connections-per-address': {
    defaultDescription: '1000',
    describe: 'The same from one address, or one /64 of IPv6',
    group,
  },
  'max-header-size': { defaultDescription: '32K', describe: 'Bytes of a request before its body', group },
  'header-timeout': {
    defaultDescription: '10s',
    describe: 'Time for a request to come, up to its body; also for a message of a session',
    group,
  },
  'stall-timeout': {
    defaultDescription: '30s',
    describe: 'Silence within a body, and time in which a reader must take 256 KiB',
    group,
  },
  'request-timeout': {
    defaultDescription: '24h, with --mode sync 10m',
    describe: 'Time that one request may wait for its client, all in all',
    group,
  },
  'min-rate': {
    defaultDescription: '1M, with --mode sync 10M',
    describe: 'Bytes per second with which a request may go on beyond that',
    group,
  },
  'idle-timeout': { defaultDescription: '60s', describe: 'Time that a connection may rest between requests', group },
  grace: {
    defaultDescription: '10s',
    describe: 'Time that requests in progress have to end once the server is to stop',
    group,
  },
} satisfies Record<string, Options>

/** The bounds that each option sets. */
export const limitsSetBy: Readonly<Record<keyof typeof limitOptions, readonly (keyof Limits)[]>> = {
  'max-connections': ['connections'],
  'max-connections-per-address': ['connectionsPerAddress'],
  'max-header-size': ['headerBytes'],
  'header-timeout': ['headerTime', 'messageTime'],
  'stall-timeout': ['bodyStall', 'sendStall'],
  'request-timeout': ['requestTime'],
  'min-rate': ['requestRate'],
  'idle-timeout': ['idleTime'],
  grace: ['drainTime'],
}

/** The bounds that settings change. */
export function changedLimits(settings: Settings): Partial<Limits> {
  const changed: Partial<Record<keyof Limits, number>> = {}
  for (const [option, limits] of Object.entries(limitsSetBy)) {
    const value = settings[option as keyof typeof limitsSetBy]
    if (value !== undefined) for (const limit of limits) changed[limit] = value
  }
  return changed
}
