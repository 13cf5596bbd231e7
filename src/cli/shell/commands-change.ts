/** Commands that move about, and commands that change what is on the server. */
import { expand } from './expand.ts'
import { isDirectory, type Side } from './sides.ts'
import { type Arguments, type Command, type Context, ShellError } from './table.ts'
import type { Word } from './words.ts'

const replace = { f: 'replace what has the new name already' }
const twoPlaces =
  'Where TO is a directory, it goes into it under its old name; otherwise TO is the new name. Several go into a directory.'

export const changeCommands: readonly Command[] = [
  {
    names: ['cld', 'lcd'],
    parameters: [{ name: 'DIRECTORY', kind: 'local directory', optional: true }],
    summary: 'Change the current directory of this side',
    details: 'Without a name, to the home directory. ~ stands for it, and .. for the directory above.',
    run: ({ local, signal }, { words }) => enter(local, words[0], '~', signal),
  },
  {
    names: ['crd', 'cd', 'chdir'],
    parameters: [{ name: 'DIRECTORY', kind: 'remote directory', optional: true }],
    summary: 'Change the current directory on the server',
    details: 'Without a name, to the top of what is shared. .. stands for the directory above.',
    run: ({ remote, signal }, { words }) => enter(remote, words[0], '/', signal),
  },
  {
    names: ['pwdl', 'lpwd'],
    parameters: [],
    summary: 'Show the current directory of this side',
    details: 'The prompt shows it too.',
    run: ({ local, print }) => print(local.directory),
  },
  {
    names: ['pwdr', 'pwd'],
    parameters: [],
    summary: 'Show the current directory on the server',
    details: 'The prompt shows it too.',
    run: ({ remote, print }) => print(remote.directory),
  },
  {
    names: ['mkldir', 'lmkdir'],
    parameters: [{ name: 'NAME', kind: 'local directory', many: true }],
    summary: 'Make directories on this side',
    details: 'The directory that is to hold them must exist.',
    run: (context, { words }) => make(context.local, context, words),
  },
  {
    names: ['mkrdir', 'mkdir'],
    parameters: [{ name: 'NAME', kind: 'remote directory', many: true }],
    summary: 'Make directories on the server',
    details: 'The directory that is to hold them must exist.',
    run: (context, { words }) => make(context.remote, context, words),
  },
  {
    names: ['rmdir', 'rd'],
    parameters: [{ name: 'NAME', kind: 'remote directory', many: true }],
    summary: 'Remove empty directories on the server',
    details: 'To remove one with what is in it: delete -r.',
    run: (context, { words }) =>
      each(context, words, async (path) => {
        await context.remote.removeDirectory(path, context.signal)
        context.print(`Removed ${context.remote.resolve(path)}.`)
      }),
  },
  {
    names: ['delete', 'rm', 'del'],
    parameters: [{ name: 'NAME', kind: 'remote', many: true }],
    switches: { r: 'also directories, with all that is in them' },
    summary: 'Delete files on the server',
    details: 'Nothing brings them back. A name may be a pattern, such as *.tmp.',
    run: (context, { words, switches }) =>
      each(context, words, async (path) => {
        await context.remote.remove(path, switches.has('r'), context.signal)
        context.print(`Deleted ${context.remote.resolve(path)}.`)
      }),
  },
  {
    names: ['rename', 'ren'],
    parameters: [
      { name: 'OLD', kind: 'remote' },
      { name: 'NEW', kind: 'remote' },
    ],
    switches: replace,
    summary: 'Give a file or a directory on the server a new name',
    details: 'NEW is exactly the new name; to put something into a directory, use move.',
    run: async ({ remote, signal, print }, { words, switches }) => {
      const [from, to] = words as [Word, Word]
      const overwrite = switches.has('f')
      const place = await remote.place('rename', from.text, to.text, { overwrite, signal })
      print(`Renamed ${remote.resolve(from.text)} to ${place}.`)
    },
  },
  {
    names: ['move', 'mv'],
    parameters: [
      { name: 'FROM', kind: 'remote', many: true },
      { name: 'TO', kind: 'remote' },
    ],
    switches: replace,
    summary: 'Move files and directories on the server',
    details: twoPlaces,
    run: (context, args) => toPlace(context, args, 'move', 'Moved'),
  },
  {
    names: ['copy', 'cp'],
    parameters: [
      { name: 'FROM', kind: 'remote', many: true },
      { name: 'TO', kind: 'remote' },
    ],
    switches: replace,
    summary: 'Copy files and directories on the server',
    details: `${twoPlaces} Directories are copied with all that is in them.`,
    run: (context, args) => toPlace(context, args, 'copy', 'Copied'),
  },
]

async function enter(side: Side, word: Word | undefined, otherwise: string, signal: AbortSignal): Promise<void> {
  if (word === undefined) return side.enter(otherwise, signal)
  const [path, more] = await expand(side, word, signal)
  if (more !== undefined) throw new ShellError(`${word.text} means more than one directory.`)
  await side.enter(path as string, signal)
}

async function make(side: Side, { signal, print, fail }: Context, words: readonly Word[]): Promise<void> {
  for (const { text } of words) {
    try {
      await side.makeDirectory(text, signal)
      print(`Made ${side.resolve(text)}.`)
    } catch (error) {
      fail(error)
    }
  }
}

/** Does it for everything on the server that the words mean, and goes on after a failure. */
async function each(
  { remote, signal, fail }: Context,
  words: readonly Word[],
  run: (path: string) => Promise<void>,
): Promise<void> {
  for (const word of words) {
    try {
      for (const path of await expand(remote, word, signal)) await run(path).catch(fail)
    } catch (error) {
      fail(error)
    }
  }
}

async function toPlace(context: Context, args: Arguments, how: 'move' | 'copy', done: string): Promise<void> {
  const { remote, signal, print } = context
  const words = args.words.slice(0, -1)
  const to = (args.words.at(-1) as Word).text
  const several = words.length > 1 || words[0]?.pattern !== undefined
  if (several && !(await isDirectory(remote, to, signal))) {
    throw new ShellError(`${to} is not a directory on the server: several things go only into one.`)
  }
  await each(context, words, async (path) => {
    const place = await remote.place(how, path, to, { overwrite: args.switches.has('f'), signal })
    print(`${done} ${remote.resolve(path)} to ${place}.`)
  })
}
