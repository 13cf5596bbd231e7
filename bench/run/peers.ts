/**
 * Other servers, which join a scenario where they are installed: each as its own documentation starts it for static files, with
 * one process, without log and without compression. They get the same plan in the same rounds, and are no part of the verdict.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { clean, pinnedTo } from '../load/process.ts'
import { accepting, caddy, freePort, lighttpd, nginx, type Server } from '../serving.ts'
import type { Contestant } from './engines.ts'

export interface Peer {
  readonly name: string
  /** Ready to be started. @param home a directory of its own */
  server(home: string, root: string, port: number, processor: number | undefined): Server
}

const project = path.join(import.meta.dirname, '../..')
const entry = fileURLToPath(new URL('./peer-entry.js', import.meta.url))

/** Where packages may lie: here, where `NODE_PATH` says, and where `npm install -g` puts them. */
function packagePlaces(): string[] {
  const told = (process.env.NODE_PATH ?? '').split(path.delimiter).filter((place) => place !== '')
  return [path.join(project, 'node_modules'), ...told, path.join(path.dirname(process.execPath), '../lib/node_modules')]
}

/** The directory of a package, or undefined when it is not installed. */
function packageOf(name: string): string | undefined {
  return packagePlaces()
    .map((place) => path.join(place, name))
    .find((place) => fs.existsSync(path.join(place, 'package.json')))
}

/** The script of a package's command. */
function commandOf(name: string): string | undefined {
  const directory = packageOf(name)
  if (directory === undefined) return undefined
  const { bin } = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
    bin?: string | Record<string, string>
  }
  const script = typeof bin === 'string' ? bin : bin?.[name]
  return script === undefined ? undefined : path.join(directory, script)
}

/** A program on `PATH`. */
function onPath(name: string): string | undefined {
  const places = (process.env.PATH ?? '').split(path.delimiter)
  return places.map((place) => path.join(place, name)).find((file) => fs.existsSync(file))
}

function started(processor: number | undefined, words: readonly string[]): ChildProcess {
  const [command, ...rest] = pinnedTo(processor, words)
  return spawn(command as string, rest, { stdio: 'ignore', env: clean() })
}

/** What runs by a command line that has the port and the directory in it. */
function byWords(name: string, words: (root: string, port: number) => readonly string[]): Peer {
  return {
    name,
    server: (_, root, port, processor) => ({ name, port, start: () => started(processor, words(root, port)) }),
  }
}

/** What is a library: a few lines in `peer-entry.js` make a server of it. */
function byLibrary(name: string): Peer | undefined {
  const directory = packageOf(name)
  if (directory === undefined) return undefined
  return byWords(name, (root, port) => [process.execPath, entry, name, directory, root, String(port)])
}

function byCommand(name: string, words: (root: string, port: number) => readonly string[]): Peer | undefined {
  const script = commandOf(name)
  if (script === undefined) return undefined
  return byWords(name, (root, port) => [process.execPath, script, ...words(root, port)])
}

/** One that comes with a configuration of its own. */
function byProgram(name: string, make: (home: string, root: string, port: number) => Server): Peer | undefined {
  return onPath(name) === undefined ? undefined : { name, server: make }
}

function bun(): Peer | undefined {
  const program = onPath('bun') ?? commandOf('bun')
  return program === undefined
    ? undefined
    : byWords('bun', (root, port) => [program, entry, 'bun', '', root, String(port)])
}

const known: Readonly<Record<string, () => Peer | undefined>> = {
  nginx: () => byProgram('nginx', (home, root, port) => nginx(home, root, port, 'sendfile on; tcp_nopush on;')),
  caddy: () => byProgram('caddy', caddy),
  lighttpd: () => byProgram('lighttpd', lighttpd),
  serve: () =>
    byCommand('serve', (root, port) => ['-L', '-n', '--no-port-switching', '-l', `tcp://127.0.0.1:${port}`, root]),
  'http-server': () =>
    byCommand('http-server', (root, port) => [root, '-s', '-c-1', '-a', '127.0.0.1', '-p', String(port)]),
  sirv: () => byLibrary('sirv'),
  express: () => byLibrary('express'),
  '@fastify/static': () => byLibrary('@fastify/static'),
  bun,
}

/** Those that are installed, and the names of those that are not. */
export function findPeers(): { readonly found: readonly Peer[]; readonly missing: readonly string[] } {
  const all = Object.entries(known).map(([name, find]) => ({ name, peer: find() }))
  return {
    found: all.flatMap(({ peer }) => peer ?? []),
    missing: all.filter(({ peer }) => peer === undefined).map(({ name }) => name),
  }
}

/** @throws an Error when it does not listen */
export async function startPeer(
  peer: Peer,
  root: string,
  home: string,
  processor: number | undefined,
): Promise<Contestant> {
  fs.mkdirSync(home, { recursive: true })
  const port = await freePort()
  const child = peer.server(home, root, port, processor).start()
  const ended = once(child, 'close')
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await Promise.race([accepting(port), ended.then(() => Promise.reject(new Error('it ended at once')))])
  } catch (error) {
    await stop()
    throw new Error(`${peer.name} could not be started: ${(error as Error).message}.`)
  }
  return { name: peer.name, port, pid: child.pid as number, stop }
}
