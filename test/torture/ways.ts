/**
 * Every way in which a request changes what is stored: what is there before, what is asked, and what may be found there
 * when it was stopped at any moment.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { message } from '../fixtures/raw-client.ts'
import { snapshot } from '../fixtures/snapshot.ts'

/** Paths with their content; `undefined` is a directory. */
export type Layout = Readonly<Record<string, string | undefined>>

export interface Way {
  readonly name: string
  /** What is shared, in the order in which the request may leave it: as it was, …, done. Nothing else may ever be found. */
  readonly states: readonly Layout[]
  readonly request: Uint8Array
  /** The same, from a client that has had no answer, in whichever of the states. */
  readonly again: Uint8Array
  /** Statuses that `again` may be answered with; what is shared is done then. */
  readonly settled: readonly number[]
  /** Whether the server has never stored anything here: its own directory is not there yet. */
  readonly untouched?: boolean
}

/** More than two buffers of any engine, and no multiple of one. */
const size = 150_001
const content = (seed: string): string => seed.repeat(Math.ceil(size / seed.length)).slice(0, size)
const fresh = content('the new version, whole ')
const old = content('the old version, whole ')
const second = content('the second file, whole ')
const kept: Layout = {
  kept: 'nobody asked for it',
  'kept-directory': undefined,
  'kept-directory/kept': 'neither for that',
}

type Fields = Readonly<Record<string, string>>
const ask = (method: string, target: string, fields: Fields = {}, body?: string): Uint8Array =>
  message(method, target, { Connection: 'close', ...fields }, body)
const overwrite: Fields = { Overwrite: 'T' }

function form(...files: readonly (readonly [name: string, content: string])[]): string {
  const parts = files.map(
    ([name, text]) => `--xyz\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n${text}\r\n`,
  )
  return `${parts.join('')}--xyz--\r\n`
}

/** A request that differs from its repetition only in that the latter may overwrite. */
function twice(method: string, target: string, fields: Fields = {}, body?: string): Pick<Way, 'request' | 'again'> {
  return {
    request: ask(method, target, fields, body),
    again: ask(method, target, { ...fields, ...overwrite }, body),
  }
}

function same(request: Uint8Array): Pick<Way, 'request' | 'again'> {
  return { request, again: request }
}

const dated: Fields = { 'X-OC-Mtime': '1000000000' }
const multipart: Fields = { 'Content-Type': 'multipart/form-data; boundary=xyz' }
const tree: Layout = { tree: undefined, 'tree/a': fresh, 'tree/deep': undefined, 'tree/deep/b': second }
const moved: Layout = { new: undefined, 'new/a': fresh, 'new/deep': undefined, 'new/deep/b': second }

const bare: readonly Way[] = [
  {
    name: 'put new',
    states: [{}, { new: fresh }],
    ...twice('PUT', '/new', dated, fresh),
    settled: [201, 204],
    untouched: true,
  },
  {
    name: 'put over',
    states: [{ name: old }, { name: fresh }],
    ...same(ask('PUT', '/name', overwrite, fresh)),
    settled: [204],
  },
  {
    name: 'form new',
    states: [{}, { a: fresh }, { a: fresh, b: second }],
    request: ask('POST', '/', multipart, form(['a', fresh], ['b', second])),
    again: ask('POST', '/?overwrite', multipart, form(['a', fresh], ['b', second])),
    settled: [201],
  },
  {
    name: 'form over',
    states: [
      { a: old, b: old },
      { a: fresh, b: old },
      { a: fresh, b: second },
    ],
    ...same(ask('POST', '/?overwrite', multipart, form(['a', fresh], ['b', second]))),
    settled: [201],
  },
  {
    name: 'copy new',
    states: [{ name: fresh }, { name: fresh, new: fresh }],
    ...twice('COPY', '/name', { Destination: '/new' }),
    settled: [201, 204],
  },
  {
    name: 'copy over',
    states: [
      { name: fresh, other: old },
      { name: fresh, other: fresh },
    ],
    ...same(ask('COPY', '/name', { Destination: '/other', ...overwrite })),
    settled: [204],
  },
  {
    name: 'copy tree',
    states: [tree, { ...tree, ...moved }],
    ...same(ask('COPY', '/tree', { Destination: '/new' })),
    settled: [201, 409],
  },
  {
    name: 'move new',
    // Between link(2) and unlink(2) one file has both names.
    states: [{ name: fresh }, { name: fresh, 'kept-directory/new': fresh }, { 'kept-directory/new': fresh }],
    ...twice('MOVE', '/name', { Destination: '/kept-directory/new' }),
    settled: [201, 204, 404],
  },
  {
    name: 'move over',
    states: [{ name: fresh, 'kept-directory/other': old }, { 'kept-directory/other': fresh }],
    ...same(ask('MOVE', '/name', { Destination: '/kept-directory/other', ...overwrite })),
    settled: [204, 404],
  },
  {
    name: 'move tree',
    states: [tree, moved],
    ...same(ask('MOVE', '/tree', { Destination: '/new' })),
    settled: [201, 404],
  },
  { name: 'mkcol', states: [{}, { new: undefined }], ...same(ask('MKCOL', '/new')), settled: [201, 409] },
  { name: 'delete', states: [{ name: old }, {}], ...same(ask('DELETE', '/name')), settled: [204, 404] },
  { name: 'delete tree', states: [tree, {}], ...same(ask('DELETE', '/tree?recursive')), settled: [204, 404] },
]

export const ways: readonly Way[] = bare.map((way) => ({
  ...way,
  states: way.states.map((state) => ({ ...kept, ...state })),
}))

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

/** Which of its states what is shared has now; -1 when it is none of them. */
export function stateOf(root: string, way: Way): number {
  const found = snapshot(root, (path) => path !== own)
  const told = JSON.stringify(Object.entries(found).sort())
  return way.states.findLastIndex((state) => {
    const wanted = Object.entries(state).map(([path, text]) => [
      path,
      text === undefined ? 'directory' : `file ${text}`,
    ])
    return JSON.stringify(wanted.sort()) === told
  })
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
