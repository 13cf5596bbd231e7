/** What the commands that talk to a server can be told: one table for yargs, for completion and for "did you mean". */
import type { Options } from 'yargs'
import type { TrustWords } from './trust.ts'

export const clientOptions = {
  url: {
    defaultDescription: 'TWINSERVE_URL, or http://127.0.0.1:8080/',
    describe: 'The address of the server',
    requiresArg: true,
  },
  user: {
    defaultDescription: 'TWINSERVE_USER',
    describe: 'Who logs in; the password is that of TWINSERVE_PASSWORD, or asked for',
    requiresArg: true,
  },
  fingerprint: {
    defaultDescription: 'TWINSERVE_FINGERPRINT',
    describe: 'With https: trust exactly the certificate with this SHA-256, as the server prints it',
    requiresArg: true,
  },
  cacert: {
    defaultDescription: 'TWINSERVE_CACERT',
    describe: 'With https: trust the authorities in this PEM file, and no others',
    requiresArg: true,
  },
  to: {
    alias: 't',
    describe: 'Where to put it: the last name otherwise, if it is none of what there is',
    requiresArg: true,
  },
  recursive: { alias: 'r', type: 'boolean', describe: 'Directories too, with all that is in them' },
  force: { alias: 'f', type: 'boolean', describe: 'Replace files that exist' },
  verify: { type: 'boolean', describe: 'Fail unless a digest of the whole file was compared at its destination' },
  long: { alias: 'l', type: 'boolean', describe: 'Tell kind, size and time' },
  json: { type: 'boolean', describe: 'Answer in JSON, for programs' },
  quiet: { alias: 'q', type: 'boolean', describe: 'Say nothing but errors' },
} as const satisfies Record<string, Options>

export type ClientOption = keyof typeof clientOptions

/** A command, as it was typed. */
export interface Asked {
  readonly command: ClientCommand
  readonly names: readonly string[]
  readonly url: string | undefined
  readonly user: string | undefined
  readonly trust: TrustWords
  readonly to: string | undefined
  readonly recursive: boolean
  readonly force: boolean
  readonly verify: boolean
  readonly long: boolean
  readonly json: boolean
  readonly quiet: boolean
}

interface Described {
  /** What follows its name. */
  readonly usage: string
  readonly describe: string
  /** How many names it takes. */
  readonly names: readonly [least: number, most: number]
  readonly options: readonly ClientOption[]
  readonly examples: readonly (readonly [words: string, meaning: string])[]
}

const any = Number.POSITIVE_INFINITY

export const clientCommands = {
  upload: {
    usage: 'FILE… [DEST]',
    describe: 'Store files on a server; - is standard input',
    names: [1, any],
    options: ['to', 'recursive', 'force', 'verify'],
    examples: [
      ['upload report.pdf', 'Store it at the top, under its own name'],
      ['upload *.jpg photos/', 'Store several in a directory of the server'],
      ['upload -r project', 'Store a directory and all that is in it'],
      ['upload - notes.txt', 'Store what comes from standard input'],
    ],
  },
  download: {
    usage: 'FILE… [DEST]',
    describe: 'Fetch files from a server; - is standard output',
    names: [1, any],
    options: ['to', 'recursive', 'force', 'verify'],
    examples: [
      ['download report.pdf', 'Fetch it into the current directory'],
      ["download 'photos/*.jpg' pictures/", 'Fetch several into a local directory'],
      ['download -r project', 'Fetch a directory and all that is in it'],
    ],
  },
  ls: {
    usage: '[PATH…]',
    describe: 'List what is in directories of a server',
    names: [0, any],
    options: ['long'],
    examples: [["ls -l '*.txt'", 'Kind, size, time and name of the text files']],
  },
  cat: {
    usage: 'FILE…',
    describe: 'Write files of a server to standard output',
    names: [1, any],
    options: ['verify'],
    examples: [],
  },
  stat: { usage: 'PATH…', describe: 'Tell what is at a path', names: [1, any], options: [], examples: [] },
  edit: {
    usage: 'FILE',
    describe: 'Edit a file of a server with $VISUAL or $EDITOR',
    names: [1, 1],
    options: [],
    examples: [],
  },
  mkdir: { usage: 'DIRECTORY…', describe: 'Make directories', names: [1, any], options: [], examples: [] },
  rmdir: { usage: 'DIRECTORY…', describe: 'Remove empty directories', names: [1, any], options: [], examples: [] },
  delete: {
    usage: 'PATH…',
    describe: 'Delete files, with -r also directories',
    names: [1, any],
    options: ['recursive'],
    examples: [["delete '*.tmp'", 'Delete all files whose names end in .tmp']],
  },
  rename: {
    usage: 'OLD NEW',
    describe: 'Give a file or directory exactly this new name',
    names: [2, 2],
    options: ['force'],
    examples: [],
  },
  move: {
    usage: 'PATH… DEST',
    describe: 'Move to a new name, or into a directory',
    names: [2, any],
    options: ['force'],
    examples: [["move '*.jpg' photos", 'Move all of them into the directory photos']],
  },
  copy: {
    usage: 'PATH… DEST',
    describe: 'Copy to a new name, or into a directory',
    names: [2, any],
    options: ['force'],
    examples: [],
  },
} as const satisfies Record<string, Described>

export type ClientCommand = keyof typeof clientCommands

/** What every one of them takes. */
export const commonOptions: readonly ClientOption[] = ['url', 'user', 'fingerprint', 'cacert', 'json', 'quiet']

export function described(command: ClientCommand): Described {
  return clientCommands[command]
}

/** The command that a command line is for, if it is one of these. */
export function clientCommandOf(words: readonly string[]): ClientCommand | undefined {
  const word = words[0] === '--get-yargs-completions' ? (words.length > 3 ? words[2] : undefined) : words[0]
  return word !== undefined && Object.hasOwn(clientCommands, word) ? (word as ClientCommand) : undefined
}
