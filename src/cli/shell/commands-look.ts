/** Commands that look: listings, contents, facts. */
import { Writable } from 'node:stream'
import { formatBytes } from '../../core/pages/format.ts'
import { expand } from './expand.ts'
import { formatListing, formatTime, summary } from './listing.ts'
import type { Entry, Side } from './sides.ts'
import { type Arguments, type Command, type Context, ShellError } from './table.ts'
import { quote } from './words.ts'

const long = { l: 'all the digits of sizes and times, the kind, and what a link leads to' }
const listing =
  'Each line has the size, the time of the last change and the name: a directory with a / behind it, a link with @. ' +
  'A name may be a pattern, such as *.txt.'

export const lookCommands: readonly Command[] = [
  {
    names: ['lsl', 'lls', 'ldir'],
    parameters: [{ name: 'NAME', kind: 'local', optional: true, many: true }],
    switches: long,
    summary: 'List a directory of this side: the current one, unless another is named',
    details: listing,
    run: (context, args) => list(context.local, context, args),
  },
  {
    names: ['lsr', 'ls', 'dir'],
    parameters: [{ name: 'NAME', kind: 'remote', optional: true, many: true }],
    switches: long,
    summary: 'List a directory of the server: the current one, unless another is named',
    details: listing,
    run: (context, args) => list(context.remote, context, args),
  },
  {
    names: ['cat', 'type'],
    parameters: [{ name: 'NAME', kind: 'remote', many: true }],
    summary: 'Show what is in files of the server',
    details: 'On a terminal, text only, and made safe for it. Elsewhere the bytes as they are.',
    run: cat,
  },
  {
    names: ['stat'],
    parameters: [{ name: 'NAME', kind: 'remote', many: true }],
    summary: 'Tell what is known of something on the server',
    details: 'The kind, the exact size, and the time of the last change.',
    run: stat,
  },
]

async function list(side: Side, context: Context, { words, switches }: Arguments): Promise<void> {
  const long = switches.has('l')
  const show = (entries: readonly Entry[]) => {
    for (const line of formatListing(entries, long)) context.print(line)
  }
  const directories: string[] = words.length === 0 ? ['.'] : []
  const others: Entry[] = []
  for (const word of words) {
    for (const path of await expand(side, word, context.signal)) {
      const entry = await side.stat(path, context.signal)
      if (entry.kind === 'directory' || entry.target === 'directory') directories.push(path)
      else others.push({ ...entry, name: path })
    }
  }
  show(others)
  for (const path of directories) {
    const entries = await side.list(path, context.signal)
    if (directories.length + others.length > 1) context.print(`${path}:`)
    show(entries)
    if (context.interactive) context.print(summary(entries))
  }
}

async function cat(context: Context, { words }: Arguments): Promise<void> {
  for (const word of words) {
    for (const path of await expand(context.remote, word, context.signal)) {
      await context.remote.read(
        path,
        context.terminal ? textPrinter(context, path) : byteWriter(context),
        context.signal,
      )
    }
  }
}

const byteWriter = ({ write }: Context): Writable =>
  new Writable({ write: (chunk: Uint8Array, _encoding, done) => void write(chunk).then(() => done(), done) })

/** Line by line, so that nothing in the text can be an order to the terminal. */
function textPrinter({ print }: Context, path: string): Writable {
  const decoder = new TextDecoder()
  let rest = ''
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      if (chunk.includes(0)) return done(new ShellError(`${path} is not text. Fetch it instead: get ${quote(path)}`))
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/)
      rest = lines.pop() as string
      for (const line of lines) print(line)
      done()
    },
    final(done) {
      rest += decoder.decode()
      if (rest !== '') print(rest)
      done()
    },
  })
}

async function stat({ remote, signal, print }: Context, { words }: Arguments): Promise<void> {
  for (const word of words) {
    for (const path of await expand(remote, word, signal)) {
      const { kind, size, modified, target } = await remote.stat(path, signal)
      print(remote.resolve(path))
      print(`  kind      ${kind}${target === undefined ? '' : `, to a ${target}`}`)
      if (size !== undefined) print(`  size      ${formatBytes(size)}`)
      print(`  modified  ${formatTime(modified, true)}`)
    }
  }
}
