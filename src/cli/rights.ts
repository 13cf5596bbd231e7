/** What a server lets people do, from the settings. */
import type { ListenAddress, ServeOptions } from '../core/options.ts'
import { type Action, actions } from '../core/policy.ts'
import { isLocal } from './bind.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usage-error.ts'

/** The changes that each option stands for. What is there already is safe from an upload. */
const grants = {
  'allow-all': actions,
  'allow-upload': ['upload', 'create', 'copy'],
  'allow-move': ['move'],
  'allow-overwrite': ['overwrite'],
  'allow-delete': ['delete'],
} as const satisfies Partial<Record<keyof Settings, readonly Action[]>>

type Grant = keyof typeof grants
const names = Object.keys(grants) as readonly Grant[]

/**
 * The rights that settings leave: all of them unless some are given, and those that are given without those taken back
 * (`--no-allow-delete`).
 *
 * @throws UsageError when they contradict each other
 */
export function rightsOf(settings: Settings): Pick<ServeOptions, 'readOnly' | 'allow'> {
  const given = names.filter((name) => settings[name] === true)
  const taken = names.filter((name) => settings[name] === false)
  const [first] = given
  const readOnly = settings['read-only'] ?? false
  if (readOnly && first !== undefined) {
    throw new UsageError(`--read-only and --${first} contradict each other. Leave one of them out.`)
  }
  if (given.length + taken.length === 0) return { readOnly }
  const allow = new Set<Action>([
    'read',
    ...(given.length === 0 ? ['allow-all' as const] : given).flatMap((name) => grants[name]),
  ])
  for (const name of taken) for (const action of grants[name]) if (action !== 'read') allow.delete(action)
  return { readOnly: readOnly || allow.size === 1, allow: [...allow] }
}

/**
 * A server that strangers can write to is something to ask for, not to get by accident.
 *
 * @param source what makes it listen there: `--bind 0.0.0.0`
 * @param open whether they may change something, for all that is known of users
 * @throws UsageError
 */
export function refuseStrangers(listen: ListenAddress, source: string, open: boolean): void {
  if (isLocal(listen) || !open) return
  throw new UsageError(
    `With ${source}, everybody who can reach this machine could change the files. ` +
      'Add --auth NAME:PASSWORD or --auth-file to let only some, --read-only to only show them, ' +
      'or --allow-anonymous-writes if that is what you want.',
  )
}

/** Passwords that others can listen to are worth nothing. @throws UsageError */
export function refuseListeners(listen: ListenAddress, source: string): void {
  if (isLocal(listen)) return
  throw new UsageError(
    `With ${source} and without TLS, passwords would go where others can listen. ` +
      'Add --tls self-signed, or --tls-cert and --tls-key, or bind to 127.0.0.1 behind a proxy that speaks TLS; ' +
      'or --allow-insecure-auth if that is what you want.',
  )
}
