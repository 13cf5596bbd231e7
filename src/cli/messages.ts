/** What a failed start says: one sentence with what is wrong, and one with the way out. */
import type { ListenAddress } from '../core/options.ts'
import { commands } from './commands.ts'
import { didYouMean } from './suggest.ts'
import { UsageError } from './usage-error.ts'

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code

/** @param asked the directory as it was asked for, on the command line or elsewhere */
export function directoryProblem(error: unknown, asked: string): UsageError {
  switch (codeOf(error)) {
    case 'ENOENT': {
      const hint = didYouMean(asked, commands, (command) => `the command ${command}`)
      return new UsageError(`There is no directory ${asked}. Create it first, or share another one.${hint}`)
    }
    case 'ENOTDIR':
      return new UsageError(`${asked} is not a directory. Share the directory that holds it.`)
    case 'EACCES':
      return new UsageError(`You may not read the directory ${asked}. Share another one, or change its permissions.`)
    default:
      return new UsageError(`The directory ${asked} cannot be shared: ${(error as Error).message}.`)
  }
}

/** The sentence for a server that could not listen; for any other failure undefined. */
export function listenProblem(error: unknown, address: ListenAddress): UsageError | undefined {
  const sentence = 'path' in address ? socketSentence(error, address.path) : portSentence(error, address)
  return sentence === undefined ? undefined : new UsageError(sentence)
}

function portSentence(error: unknown, { host, port }: { host: string; port: number }): string | undefined {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another program. Choose another with --port, or 0 to let the system choose.`
    case 'EACCES':
    case 'EPERM':
      return `You may not listen on port ${port}. Choose one above 1023 with --port.`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return `This machine has no address ${host}. Give --bind one of its own, such as 127.0.0.1, or 0.0.0.0 for all of them.`
    default:
      return undefined
  }
}

function socketSentence(error: unknown, path: string): string | undefined {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
    case 'EEXIST':
      return `The socket ${path} exists already. Choose another path, or delete it if no server uses it any more.`
    // libuv reports a missing directory as EACCES.
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
    case 'ENOTDIR':
      return `The socket ${path} cannot be created. Choose a path in a directory that exists and that you may write to.`
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return `The path ${path} is too long for a socket. Choose a shorter one.`
    default:
      return undefined
  }
}
