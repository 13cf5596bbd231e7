/**
 * Lines into commands, and commands into words, as POSIX sh reads them (XCU 2.2 and 2.3), without expansion:
 *
 *     line    = [command] *(";" [command]) [comment]
 *     command = *blank word *(1*blank word) *blank / *blank "!" rest-of-line
 *     comment = "#" rest-of-line                  ; only where a word could begin
 *     word    = 1*(plain / escaped / single / double)
 *     escaped = "\" any                           ; "\" and a line feed are nothing
 *     single  = "'" *(any but "'") "'"
 *     double  = DQUOTE *(any but DQUOTE and "\" / "\" any) DQUOTE
 *     blank   = " " / tab / line feed
 *
 * In double quotes "\" is itself, unless `$`, a backquote, `"`, `\` or a line feed comes behind it. `$`, `|`, `<` and `>`
 * are characters like others. `*`, `?` and `[` that are not quoted make a word a pattern (glob.ts).
 */

/** What keeps a line from being complete. */
export type Open = 'single' | 'double' | 'escape'

export interface Word {
  /** What is meant, without quotes. */
  readonly text: string
  /** The word as a pattern, with `\` before what stands for itself; only if something in it is special. */
  readonly pattern?: string
  /** Where it begins and ends in the line. */
  readonly start: number
  readonly end: number
}

export interface Line {
  /** Those that have words. */
  readonly commands: readonly (readonly Word[])[]
  /** The one that the end of the line belongs to; it may have no words yet. Undefined in a comment. */
  readonly last: readonly Word[] | undefined
  /** What is open at the end of the line. */
  readonly open?: Open
}

const blank = /[ \t\n]/
const special = /[*?[]/
/** What a backslash must go before in a pattern, for it to stand for itself. */
const magic = /[*?[\]!^\\]/g

/** Reads a line, also one that is not complete yet. */
export function readLine(line: string): Line {
  const commands: Word[][] = [[]]
  let at = 0
  while (at < line.length) {
    const char = line[at] as string
    const command = commands.at(-1) as Word[]
    if (blank.test(char)) at++
    else if (char === ';') {
      commands.push([])
      at++
    } else if (char === '#') return { commands: filled(commands), last: undefined }
    else if (char === '!' && command.length === 0) {
      const rest = line.slice(at + 1)
      command.push({ text: '!', start: at, end: at + 1 })
      if (rest.trim() !== '') command.push({ text: rest.trim(), start: at + 1, end: line.length })
      break
    } else {
      const word = readWord(line, at)
      command.push(word)
      at = word.end
      if (word.open !== undefined) return { ...finished(commands), open: word.open }
    }
  }
  return finished(commands)
}

const finished = (commands: readonly Word[][]): Line => ({ commands: filled(commands), last: commands.at(-1) })

const filled = (commands: readonly Word[][]): readonly Word[][] => commands.filter((words) => words.length > 0)

interface WordReader {
  text: string
  pattern: string
  isPattern: boolean
  at: number
}

function readWord(line: string, start: number): Word & { readonly open?: Open } {
  const word: WordReader = { text: '', pattern: '', isPattern: false, at: start }
  let open: Open | undefined
  while (word.at < line.length && open === undefined) {
    const char = line[word.at] as string
    if (blank.test(char) || char === ';') break
    if (char === "'") open = single(line, word)
    else if (char === '"') open = double(line, word)
    else if (char === '\\') open = escaped(line, word)
    else {
      word.text += char
      word.pattern += char
      word.isPattern ||= special.test(char)
      word.at++
    }
  }
  const { text, pattern, at: end } = word
  return { text, ...(word.isPattern && { pattern }), start, end, ...(open && { open }) }
}

function literal(word: WordReader, text: string): void {
  word.text += text
  word.pattern += text.replace(magic, '\\$&')
}

function single(line: string, word: WordReader): Open | undefined {
  const end = line.indexOf("'", word.at + 1)
  literal(word, line.slice(word.at + 1, end < 0 ? undefined : end))
  word.at = end < 0 ? line.length : end + 1
  return end < 0 ? 'single' : undefined
}

function double(line: string, word: WordReader): Open | undefined {
  word.at++
  while (word.at < line.length) {
    const char = line[word.at++] as string
    if (char === '"') return undefined
    const next = line[word.at] ?? ''
    if (char === '\\' && /[$`"\\\n]/.test(next)) {
      word.at++
      if (next !== '\n') literal(word, next)
    } else literal(word, char)
  }
  return 'double'
}

function escaped(line: string, word: WordReader): Open | undefined {
  const next = line[word.at + 1]
  word.at = Math.min(word.at + 2, line.length)
  if (next === undefined) return 'escape'
  if (next !== '\n') literal(word, next)
  return undefined
}

/** A word as it may be typed: as it is where that means itself, otherwise in single quotes. */
export function quote(text: string): string {
  if (/^[\p{L}\p{N}_/.,:@%+=~^{}()-]+$/u.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A command that `readLine` reads as these words. */
export const join = (words: readonly string[]): string => words.map(quote).join(' ')

/** The beginning of a word, typed in one way of quoting, left open. */
export function quoteOpen(text: string, how: Open | undefined): string {
  if (how === 'single') return `'${text.replaceAll("'", "'\\''")}`
  if (how === 'double') return `"${text.replace(/[$`"\\]/g, '\\$&')}`
  return text.replace(/^#|[ \t;'"\\*?[\]]|^!/g, '\\$&')
}
