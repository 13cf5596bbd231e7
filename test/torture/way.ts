/** A way in which a request changes what is stored: what it is made of, and what is found of it on disk. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, message } from '../fixtures/raw-client.ts'
import { snapshot } from '../fixtures/snapshot.ts'

/** Paths with their content; `undefined` is a directory. */
export type Layout = Readonly<Record<string, string | undefined>>

/** Makes a request of its own. @returns undefined when there was no whole answer */
export type Ask = (request: Uint8Array) => Promise<Answer | undefined>

export interface Way {
  readonly name: string
  /** What is shared, in the order in which the request may leave it: as it was, …, done. Nothing else may ever be found. */
  readonly states: readonly Layout[]
  /** What may be found besides when one call failed and the rest went on: of several files, each is stored by itself. */
  readonly besides?: readonly Layout[]
  /** What is shared once the client has done the rest: the last of the states, unless said. */
  readonly settled?: Layout
  /** Whether what it takes out of sight may stay there until the next start, whatever failed. */
  readonly mayLeave?: boolean
  /** Whether a failure to take it out of sight may go untold: it is done with before. */
  readonly mayHide?: boolean
  /** Whether the server has never stored anything here: its own directory is not there yet. */
  readonly untouched?: boolean
  /** A request that must have been made before. */
  readonly begin?: Uint8Array
  /** @param begun the `Location` in the answer to `begin` */
  readonly request: (begun: string) => Uint8Array
  /**
   * What a client does afterwards, that has had this answer or none: what is shared is `settled` then.
   *
   * @returns what was not as it should be
   */
  readonly again: (ask: Ask, begun: string, answer: Answer | undefined) => Promise<string[]>
}

/** More than two buffers of any engine (256 KiB), and no multiple of one. */
const size = 600_001
const content = (seed: string): string => seed.repeat(Math.ceil(size / seed.length)).slice(0, size)
export const fresh = content('the new version, whole ')
export const old = content('the old version, whole ')
export const second = content('the second file, whole ')
export const kept: Layout = {
  kept: 'nobody asked for it',
  'kept-directory': undefined,
  'kept-directory/kept': 'neither for that',
}

export type Fields = Readonly<Record<string, string>>
export const ask = (method: string, target: string, fields: Fields = {}, body?: string): Uint8Array =>
  message(method, target, { Connection: 'close', ...fields }, body)
export const overwrite: Fields = { Overwrite: 'T' }

/** Make a request again, which may be answered with one of these statuses: it may have been done before. */
export function repeating(request: Uint8Array, settled: readonly number[]): Way['again'] {
  return async (ask) => {
    const answer = await ask(request)
    if (answer !== undefined && settled.includes(answer.status)) return []
    return [`again: ${answer?.status} ${answer?.text}`]
  }
}

/** A request that is made again as it is. */
export function same(request: Uint8Array, settled: readonly number[]): Pick<Way, 'request' | 'again'> {
  return { request: () => request, again: repeating(request, settled) }
}

/** A request that differs from its repetition only in that the latter may overwrite. */
export function twice(
  settled: readonly number[],
  method: string,
  target: string,
  fields: Fields = {},
  body?: string,
): Pick<Way, 'request' | 'again'> {
  const request = ask(method, target, fields, body)
  return { request: () => request, again: repeating(ask(method, target, { ...fields, ...overwrite }, body), settled) }
}

const own = '.twinserve'

/** Make what is shared what it was before, on a directory that a server may have open. */
export function layOut(root: string, way: Way): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true })
  if (way.untouched !== true) mkdirSync(join(root, own, 'temporary'), { recursive: true })
  const layout = Object.entries(way.states[0] as Layout).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [path, text] of layout) {
    if (text === undefined) mkdirSync(join(root, path))
    else writeFileSync(join(root, path), text)
  }
}

function has(root: string, layout: Layout): boolean {
  const found = Object.entries(snapshot(root, (path) => path !== own))
  const wanted = Object.entries(layout).map(([path, text]) => [path, text === undefined ? 'directory' : `file ${text}`])
  return JSON.stringify(wanted.sort()) === JSON.stringify(found.sort())
}

/** Which of its states what is shared has now; those that may be found besides come last; -1 when it is none of them. */
export function stateOf(root: string, way: Way): number {
  return [...way.states, ...(way.besides ?? [])].findLastIndex((state) => has(root, state))
}

/** Whether the client that has done the rest finds what it asked for. */
export function isSettled(root: string, way: Way): boolean {
  return has(root, way.settled ?? (way.states.at(-1) as Layout))
}

/** What is shared, in short: for messages. */
export function describeRoot(root: string): string {
  const found = Object.entries(snapshot(root)).filter(([path]) => !path.startsWith('kept'))
  return found.map(([path, what]) => `${path}: ${what.slice(0, 20)} (${what.length})`).join(', ')
}

/** What lies where things are made before they have a name. */
export function temporaries(root: string): string[] {
  return Object.keys(snapshot(root)).filter((path) => path.startsWith(`${own}/temporary/`))
}
