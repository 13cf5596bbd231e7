/** A password from whoever types it, or from a program: never from the command line, which everybody on the machine can read. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Echo } from '../shell/echo.ts'

export interface Asking {
  readonly input: Readable & { readonly isTTY?: boolean }
  /** Where the question is put. */
  readonly errors: Writable
}

/** @returns undefined when nothing was answered */
export async function askPassword(question: string, { input, errors }: Asking): Promise<string | undefined> {
  if (input.isTTY !== true) return (await text(input)).split(/\r?\n/, 1)[0] || undefined
  // The line editor would show what is typed.
  const output = new Echo(errors)
  output.muted = true
  const lines = createInterface({ input, output, terminal: true, historySize: 0 })
  errors.write(question)
  try {
    const interrupted = once(lines, 'SIGINT').then(() => undefined)
    const closed = once(lines, 'close').then(() => undefined)
    const line = once(lines, 'line').then(([answer]) => (answer as string) || undefined)
    return await Promise.race([line, interrupted, closed])
  } finally {
    lines.close()
    output.destroy()
    errors.write('\n')
  }
}
