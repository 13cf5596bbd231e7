/** The shell with somebody in front of it: prompt, line editing, completion, history, Ctrl-C and Ctrl-D. */
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { commands } from './commands.ts'
import { complete } from './complete.ts'
import { Echo } from './echo.ts'
import type { History } from './history.ts'
import { promptText } from './prompt.ts'
import type { Runner } from './runner.ts'
import type { Side } from './sides.ts'

/** How long Tab waits for the names on the server, in ms. */
const patience = 5000

export interface Conversation {
  readonly input: Readable & { setRawMode?(raw: boolean): unknown }
  readonly output: Writable & { readonly columns?: number; readonly rows?: number }
  readonly local: Side
  readonly remote: Side
  readonly history: History
  /** @param handOver lets another program have the terminal while it runs */
  readonly runner: (handOver: <T>(run: () => Promise<T>) => Promise<T>) => Runner
}

/** Lets somebody type commands, until they leave. */
export async function converse(conversation: Conversation): Promise<void> {
  const { input, output, local, remote, history } = conversation
  const echo = new Echo(output)
  const editor = createInterface({
    input,
    output: echo,
    terminal: true,
    history: [...history.lines].reverse(),
    historySize: 1000,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      const signal = AbortSignal.timeout(patience)
      void complete(line, { table: commands, local, remote, signal }).then((found) => done(null, found))
    },
  })
  const runner = conversation.runner((run) => handOver(editor, input, run))
  const prompt = (): void => {
    echo.muted = false
    editor.setPrompt(promptText(local.directory, remote.directory, echo.columns))
    editor.prompt(true)
  }
  const cancel = (): void => void runner.cancel()
  // From another process; from the keyboard it comes as a key.
  process.on('SIGINT', cancel)
  editor.on('SIGINT', interrupted(editor, echo, runner, prompt))
  try {
    const lines = typedLines(editor, echo)
    prompt()
    for await (const { line, ahead } of lines) {
      if (ahead) output.write(`${promptText(local.directory, remote.directory, echo.columns)}${line}\n`)
      history.add(line)
      await runner.run(line)
      if (runner.leaving) return
      if (!lines.more()) prompt()
    }
    output.write('\n')
  } finally {
    process.off('SIGINT', cancel)
    editor.close()
    echo.destroy()
    await history.saved()
  }
}

/** Ctrl-C cancels what runs, or else the line; a second one says how to leave. */
function interrupted(editor: Interface, echo: Echo, runner: Runner, prompt: () => void): () => void {
  let again = false
  editor.on('line', () => {
    again = false
  })
  return () => {
    if (runner.cancel()) return
    echo.write('^C\n')
    if (again) echo.write('To leave: quit, or Ctrl-D.\n')
    again = true
    editor.write(null, { ctrl: true, name: 'e' })
    editor.write(null, { ctrl: true, name: 'u' })
    prompt()
  }
}

interface Typed {
  readonly line: string
  /** Whether it was typed while another line was being done, and so was not shown. */
  readonly ahead: boolean
}

/** The lines, also those that are typed or pasted while another is being done. The echo is off from each line on. */
function typedLines(editor: Interface, echo: Echo): AsyncIterable<Typed> & { more(): boolean } {
  const waiting: Typed[] = []
  let closed = false
  let wake = (): void => {}
  editor.on('line', (line) => {
    waiting.push({ line, ahead: echo.muted })
    echo.muted = true
    wake()
  })
  editor.on('close', () => {
    closed = true
    wake()
  })
  async function* take(): AsyncGenerator<Typed> {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (closed) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return { [Symbol.asyncIterator]: take, more: () => waiting.length > 0 || closed }
}

/** The other program reads the keys itself, and Ctrl-C is for it. */
async function handOver<T>(editor: Interface, input: Conversation['input'], run: () => Promise<T>): Promise<T> {
  editor.pause()
  input.setRawMode?.(false)
  try {
    return await run()
  } finally {
    input.setRawMode?.(true)
    editor.resume()
  }
}
