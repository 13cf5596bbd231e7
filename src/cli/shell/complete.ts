/** What Tab offers: commands, and names on the side that an argument stands for. */
import { printable } from '../printable.ts'
import type { Entry, Side } from './sides.ts'
import { type Command, parameterAt } from './table.ts'
import { type Open, quoteOpen, readLine, type Word } from './words.ts'

/** As `node:readline` wants it: what the end of the line could become, and that end as it is now. */
export type Completions = [candidates: string[], typed: string]

export interface Completing {
  readonly table: readonly Command[]
  readonly local: Side
  readonly remote: Side
  readonly signal: AbortSignal
}

/** @param line up to the cursor */
export async function complete(line: string, completing: Completing): Promise<Completions> {
  const { last, open } = readLine(line)
  if (last === undefined) return [[], '']
  const [first] = last
  // What stands behind a ! is for another shell, but the names in it are those of this side.
  if (first !== undefined && line[first.start] === '!') return completeLine(line, first, completing)
  const word = wordAt(last, line)
  const typed = line.slice(word.start)
  if (word.pattern !== undefined || open === 'escape') return [[], typed]
  const index = last.includes(word) ? last.length - 1 : last.length
  const found = index === 0 ? commandNames(word.text, completing) : await argument(last, index, word.text, completing)
  return [found.map((candidate) => typedAs(candidate, open, found.length === 1)), typed]
}

/** The word that the cursor is in, or an empty one where a new one could begin. */
function wordAt(words: readonly Word[], line: string): Word {
  const last = words.at(-1)
  return last !== undefined && last.end === line.length ? last : { text: '', start: line.length, end: line.length }
}

/** Something that a word could become. */
interface Candidate {
  readonly text: string
  /** Whether more may follow in the same word. */
  readonly goesOn: boolean
}

function typedAs({ text, goesOn }: Candidate, open: Open | undefined, alone: boolean): string {
  const quoted = quoteOpen(text, open)
  if (goesOn || !alone) return quoted
  return `${quoted}${open === 'single' ? "'" : open === 'double' ? '"' : ''} `
}

function commandNames(typed: string, { table }: Completing): readonly Candidate[] {
  const isUpper = typed !== typed.toLowerCase()
  return table
    .flatMap(({ names }) => names)
    .filter((name) => name.startsWith(typed.toLowerCase()))
    .map((name) => ({ text: isUpper ? name.toUpperCase() : name, goesOn: false }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
}

async function argument(
  words: readonly Word[],
  index: number,
  typed: string,
  completing: Completing,
): Promise<readonly Candidate[]> {
  const name = words[0]?.text.toLowerCase() ?? ''
  const command = completing.table.find(({ names }) => names.includes(name))
  if (command === undefined) return []
  const switches = Object.keys(command.switches ?? {}).map((letter) => `-${letter}`)
  if (typed.startsWith('-'))
    return switches.filter((text) => text.startsWith(typed)).map((text) => ({ text, goesOn: false }))
  const before = words.slice(1, index).filter(({ text }) => !switches.includes(text)).length
  const kind = parameterAt(command, before)?.kind
  if (kind === undefined || kind === 'line') return []
  if (kind === 'command') return commandNames(typed, completing)
  const [side, directoriesOnly] = kind.split(' ') as ['local' | 'remote', string?]
  return await names(completing[side], typed, directoriesOnly !== undefined, completing.signal)
}

async function completeLine(line: string, mark: Word, { local, signal }: Completing): Promise<Completions> {
  const rest = line.slice(mark.end)
  const { last = [], open } = readLine(rest)
  const word = wordAt(last, rest)
  const typed = rest.slice(word.start)
  const found = await names(local, word.text, false, signal)
  return [found.map((candidate) => typedAs(candidate, open, found.length === 1)), typed]
}

async function names(
  side: Side,
  typed: string,
  directoriesOnly: boolean,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const cut = typed.lastIndexOf('/') + 1
  const directory = typed.slice(0, cut)
  const begun = typed.slice(cut)
  const wanted = (entry: Entry): boolean =>
    entry.name.startsWith(begun) &&
    (begun !== '' || !entry.name.startsWith('.')) &&
    (!directoriesOnly || isDirectory(entry)) &&
    // What the terminal could not show, nobody can choose.
    printable(entry.name) === entry.name
  try {
    const entries = await side.list(directory === '' ? '.' : directory, signal)
    return entries.filter(wanted).map((entry) => ({
      text: `${directory}${entry.name}${isDirectory(entry) ? '/' : ''}`,
      goesOn: isDirectory(entry),
    }))
  } catch {
    return []
  }
}

const isDirectory = ({ kind, target }: Entry): boolean => kind === 'directory' || target === 'directory'
