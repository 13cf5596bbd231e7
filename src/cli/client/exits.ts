/** How a command that has failed ends: its exit status, and the way out in the words of the command line. */
import { ClientError, type ClientErrorCode, TreeError } from '../../client/index.ts'

/** Exit statuses, as docs/client.md has them. 2 is a mistake on the command line, as everywhere. */
export const exits = {
  failed: 1,
  usage: 2,
  missing: 3,
  exists: 4,
  refused: 5,
  connection: 6,
  changed: 7,
  room: 8,
  untrue: 9,
  interrupted: 130,
} as const

const statuses: Readonly<Partial<Record<ClientErrorCode, number>>> = {
  bad_parameter: exits.usage,
  not_found: exits.missing,
  no_parent: exits.missing,
  exists: exits.exists,
  not_empty: exits.exists,
  is_directory: exits.exists,
  not_directory: exits.exists,
  into_itself: exits.exists,
  bad_name: exits.refused,
  read_only: exits.refused,
  not_allowed: exits.refused,
  reserved: exits.refused,
  cross_origin: exits.refused,
  link_refused: exits.refused,
  not_a_file: exits.refused,
  wrong_host: exits.refused,
  unauthorized: exits.refused,
  bad_credentials: exits.refused,
  forbidden: exits.refused,
  insecure: exits.refused,
  method_not_allowed: exits.refused,
  unreachable: exits.connection,
  connection_lost: exits.connection,
  overloaded: exits.connection,
  precondition_failed: exits.changed,
  changed: exits.changed,
  storage_full: exits.room,
  quota_exceeded: exits.room,
  too_large: exits.room,
  digest_mismatch: exits.untrue,
  unverified: exits.untrue,
  bad_answer: exits.untrue,
  unsafe_name: exits.untrue,
  untrusted: exits.untrue,
  tls_required: exits.usage,
  cancelled: exits.interrupted,
}

export function exitOf(error: unknown): number {
  if (error instanceof TreeError) return exitOf(error.failures[0])
  if (!(error instanceof ClientError)) return exits.failed
  return statuses[error.code] ?? exits.failed
}

/** What can be done about it by a command, as far as the command in question has it. */
const waysOut: Readonly<
  Record<string, Readonly<Partial<Record<ClientErrorCode, readonly [instead: string, way: string]>>>>
> = {
  force: { exists: ['or ask for it to be replaced.', 'or replace it with --force.'] },
  plain: { exists: ['or ask for it to be replaced.', 'or remove it first.'] },
  recursive: {
    is_directory: ['.', '. Add -r to take it with all that is in it.'],
    not_empty: ['Empty it first, or ask for a recursive deletion.', 'Empty it first, or use delete -r.'],
  },
  look: { not_found: ['does not exist.', 'does not exist. See what there is with twinserve ls.'] },
  here: { not_found: ['does not exist here.', 'does not exist here. Check the name, and the directory you are in.'] },
  make: { no_parent: ['Create it first.', 'Create it first with twinserve mkdir.'] },
  list: { is_directory: ['.', '. See what is in it with twinserve ls.'] },
  file: { not_directory: ['.', '. Remove it with twinserve delete.'] },
}

/** What can be done about who somebody is, whatever the command. */
const permitted: Readonly<Partial<Record<ClientErrorCode, string>>> = {
  unauthorized: 'Say who you are by --user NAME, or by TWINSERVE_USER and TWINSERVE_PASSWORD.',
  bad_credentials: 'Check --user or TWINSERVE_USER, and TWINSERVE_PASSWORD or what you have typed.',
  read_only: 'Ask whoever runs it to start it without --read-only.',
  forbidden: 'Ask whoever runs it to allow it, or say with --user that you are somebody who may.',
}

const ways: Readonly<Record<string, readonly string[]>> = {
  upload: ['force', 'recursive', 'make', 'here'],
  download: ['force', 'recursive', 'look', 'here'],
  cat: ['list', 'look'],
  move: ['force', 'look', 'make'],
  copy: ['force', 'look', 'make'],
  rename: ['force', 'look', 'make'],
  delete: ['recursive', 'look'],
  rmdir: ['recursive', 'look', 'file'],
  mkdir: ['plain', 'make'],
  shell: [],
}

/** The sentence of a failure, with the way out as it is written on the command line. */
export function sentenceOf(error: ClientError, command: string): string {
  let sentence = error.message
  for (const kind of ways[command] ?? ['look']) {
    const found = waysOut[kind]?.[error.code]
    if (found === undefined || !sentence.endsWith(found[0])) continue
    sentence = sentence.slice(0, -found[0].length) + found[1]
  }
  const way = permitted[error.code]
  return way === undefined ? sentence : `${sentence} ${way}`
}
