/** Commands that carry files from one side to the other. */
import { formatCount, formatSize } from '../../core/pages/format.ts'
import { edit } from './edit.ts'
import { expand } from './expand.ts'
import { count } from './listing.ts'
import type { Transferred } from './remote.ts'
import { baseName, isDirectory, type Side, within } from './sides.ts'
import { type Arguments, type Command, type Context, ShellError, type Switch } from './table.ts'
import { quote, type Word } from './words.ts'

const switches = { f: 'replace what has the name already', r: 'also directories, with all that is in them' }
const fromTo =
  'Where TO is a directory, or ends with /, it goes into it under its old name; otherwise TO is the new name. ' +
  'Without TO, into the current directory.'

export const transferCommands: readonly Command[] = [
  {
    names: ['get', 'mget'],
    parameters: [{ name: 'NAME', kind: 'remote', many: true }],
    switches,
    summary: 'Download into the current directory of this side',
    details: 'Names may be patterns, such as *.jpg. To give a file another name: download FROM TO.',
    run: (context, args) => several(context, args, 'download'),
  },
  {
    names: ['put', 'mput'],
    parameters: [{ name: 'NAME', kind: 'local', many: true }],
    switches,
    summary: 'Upload into the current directory of the server',
    details: 'Names may be patterns, such as *.jpg. To give a file another name: upload FROM TO.',
    run: (context, args) => several(context, args, 'upload'),
  },
  {
    names: ['download'],
    parameters: [
      { name: 'FROM', kind: 'remote' },
      { name: 'TO', kind: 'local', optional: true },
    ],
    switches,
    summary: 'Download one thing, under a new name if one is given',
    details: fromTo,
    run: (context, args) => one(context, args, 'download'),
  },
  {
    names: ['upload'],
    parameters: [
      { name: 'FROM', kind: 'local' },
      { name: 'TO', kind: 'remote', optional: true },
    ],
    switches,
    summary: 'Upload one thing, under a new name if one is given',
    details: fromTo,
    run: (context, args) => one(context, args, 'upload'),
  },
  {
    names: ['edit', 'vi'],
    parameters: [{ name: 'NAME', kind: 'remote' }],
    summary: 'Change a file of the server in an editor',
    details:
      'The editor is that of VISUAL or EDITOR, otherwise vi. A file that does not exist is made. What somebody else ' +
      'has changed meanwhile is not overwritten: then your copy is kept, and you are told where.',
    run: (context, { words }) => edit(context, (words[0] as Word).text),
  },
]

type Direction = 'upload' | 'download'

const sides = ({ local, remote }: Context, direction: Direction): readonly [from: Side, to: Side] =>
  direction === 'upload' ? [local, remote] : [remote, local]

async function several(context: Context, args: Arguments, direction: Direction): Promise<void> {
  const [source, target] = sides(context, direction)
  const paths: string[] = []
  for (const word of args.words) {
    try {
      paths.push(...(await expand(source, word, context.signal)))
    } catch (error) {
      context.fail(error)
    }
  }
  for (const [index, path] of paths.entries()) {
    try {
      const place = within(target.directory, nameOf(source, path))
      await carry(context, direction, path, place, args.switches, [index, paths.length])
    } catch (error) {
      context.fail(error)
    }
  }
}

async function one(context: Context, { words, switches }: Arguments, direction: Direction): Promise<void> {
  const [source, target] = sides(context, direction)
  const [from, more] = await expand(source, words[0] as Word, context.signal)
  if (more !== undefined) {
    const name = direction === 'upload' ? 'put' : 'get'
    throw new ShellError(`${words[0]?.text} means more than one. For several: ${name} ${words[0]?.text}`)
  }
  const to = words[1]?.text
  let place = target.resolve(to ?? '.')
  const top = source.resolve(from as string) === '/'
  // What is in the top goes into a directory without a name between them.
  if (to === undefined || (!top && (to.endsWith('/') || (await isDirectory(target, to, context.signal))))) {
    place = within(place, nameOf(source, from as string))
  }
  await carry(context, direction, from as string, place, switches)
}

/** The name that something is to have on the other side. */
function nameOf(side: Side, path: string): string {
  const name = baseName(side.resolve(path))
  if (name === '') throw new ShellError('The top has no name. Name one: upload FROM TO, download FROM TO.')
  return name
}

async function carry(
  context: Context,
  direction: Direction,
  from: string,
  to: string,
  switches: ReadonlySet<Switch>,
  [index, of]: readonly [index: number, of: number] = [0, 1],
): Promise<void> {
  const { local, remote, signal, now } = context
  const [source] = sides(context, direction)
  const recursive = switches.has('r')
  const full = source.resolve(from)
  if (!recursive && (await isDirectory(source, from, signal))) {
    const name = direction === 'upload' ? 'put' : 'get'
    throw new ShellError(`${from} is a directory. To take it with all that is in it: ${name} -r ${quote(from)}`)
  }
  // The library would put it in there, under a name that nobody asked for.
  if (direction === 'download' && !recursive && (await isDirectory(local, to, signal))) {
    throw new ShellError(`${to} is a directory on this side.`)
  }
  const started = now()
  const options = { overwrite: switches.has('f'), recursive, signal }
  const moved = await context.transfer(
    (onProgress) => remote[direction](full, to, { ...options, onProgress }),
    index,
    of,
  )
  const done = direction === 'upload' ? 'Uploaded' : 'Downloaded'
  context.print(`${done} ${full} to ${to}, ${amount(moved, now() - started)}.`)
}

/** `1.2 MiB`, with the rate where it took long enough to have one. */
function amount({ bytes, files, unchanged }: Transferred, ms: number): string {
  if (unchanged > 0) {
    return `${count(files, 'file', 'files')}, ${formatCount(unchanged)} more were there already, ${formatSize(bytes)} in all`
  }
  const many = files === 1 ? '' : `${count(files, 'file', 'files')}, `
  const rate = ms < 1000 ? '' : ` at ${formatSize(Math.round((bytes / ms) * 1000))}/s`
  return `${many}${formatSize(bytes)}${rate}`
}
