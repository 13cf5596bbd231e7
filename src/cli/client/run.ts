/** Carrying out a command that talks to a server. */
import { type Client, connect, type RetryEvent } from '../../client/index.ts'
import { mkdir, remove, rename, rmdir, transfer } from './change.ts'
import { loginOf } from './credentials.ts'
import { edit } from './edit.ts'
import { exitOf } from './exits.ts'
import type { Job } from './job.ts'
import { cat, ls, stat } from './look.ts'
import type { Asked, ClientCommand } from './options.ts'
import { type Streams, Terminal } from './terminal.ts'
import { download, upload } from './transfers.ts'
import { trustOf } from './trust.ts'

const commands: Readonly<Record<ClientCommand, (job: Job) => Promise<number>>> = {
  upload,
  download,
  ls,
  cat,
  stat,
  edit,
  mkdir,
  rmdir,
  delete: remove,
  rename,
  move: transfer,
  copy: transfer,
}

/** @returns the exit status. Failures have been told. @throws UsageError when the file of certificates cannot be used */
export async function runClient(
  asked: Asked,
  streams: Streams,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number> {
  const trust = await trustOf(asked.trust)
  const login = await loginOf(asked, environment, { input: streams.stdin, errors: streams.stderr })
  const terminal = new Terminal(streams, asked)
  let client: Client | undefined
  try {
    client = await connect({
      ...(asked.url === undefined ? {} : { url: asked.url }),
      ...trust,
      ...login,
      signal,
      onRetry: (event) => terminal.note(sayRetry(event)),
    })
    return await commands[asked.command]({ client, asked, terminal, signal, environment })
  } catch (error) {
    terminal.failure(error)
    return exitOf(error)
  } finally {
    await client?.close()
    terminal.progress?.clear()
  }
}

function sayRetry({ error, attempt, attempts, delay }: RetryEvent): string {
  return `${error.message} Trying again in ${(delay / 1000).toFixed(1)} s (${attempt} of ${attempts}).`
}
