/**
 * What each method of a session does: it resolves paths, calls the operation that HTTP calls too, and tells the result.
 */
import { Refusal } from '../errors.ts'
import { entryObject } from '../http/listing.ts'
import { copy } from '../operations/copy.ts'
import { createDirectory } from '../operations/create.ts'
import { destinationFor, move } from '../operations/move.ts'
import { page } from '../operations/page.ts'
import { remove } from '../operations/remove.ts'
import { checkDirectory, stat } from '../operations/stat.ts'
import { rootPath, type SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import {
  type HelloResult,
  type Method,
  type ParamsOf,
  type PathResult,
  type ResultOf,
  subprotocol,
  type TransferParams,
  type TransferResult,
} from './messages.ts'
import { maybeCount, maybeFlag, maybeText, type Shape, text } from './params.ts'
import { resolvePath } from './resolve.ts'

/** Where calls are made: what a session remembers from one to the next. */
export class Place {
  readonly site: Site
  /** What whoever opened the session may do. */
  readonly access: Access
  /** The current directory. Only its path: it is walked anew for each call. */
  directory: SafePath = rootPath
  /** What the call in progress is about, once that is known: for the sentences of refusals, and the log. */
  subject: SafePath = rootPath

  constructor(site: Site, access: Access) {
    this.site = site
    this.access = access
  }

  /** A path that the client wrote. */
  resolve(path: string): SafePath {
    return resolvePath(this.directory, path)
  }

  /** A path that the client wrote, which the call is about. */
  about(path: string): SafePath {
    this.subject = this.resolve(path)
    return this.subject
  }
}

interface Entry<M extends Method> {
  readonly shape: Shape<ParamsOf<M>>
  /** Whether it changes nothing: it is given up when the client is gone. */
  readonly reading: boolean
  readonly run: (place: Place, params: ParamsOf<M>) => Program<ResultOf<M>>
}

const told = (path: SafePath): PathResult => ({ path: path.text })

// biome-ignore lint/correctness/useYield: nothing to wait for
function* hello({ site, access, directory }: Place): Program<HelloResult> {
  const { limits } = site
  const { messageBytes, messageFragments, messageTime, frameRate, controlRate, pingInterval, pageEntries } = limits
  return {
    protocol: subprotocol,
    path: directory.text,
    rights: access.rightsAt(directory.segments),
    methods: Object.keys(methods) as Method[],
    limits: { messageBytes, messageFragments, messageTime, frameRate, controlRate, pingInterval, pageEntries },
  }
}

// biome-ignore lint/correctness/useYield: nothing to wait for
function* pwd({ directory }: Place): Program<PathResult> {
  return told(directory)
}

function* cd(place: Place, params: ParamsOf<'cd'>): Program<PathResult> {
  const path = place.about(params.path)
  yield* checkDirectory(place.site, place.access, path)
  place.directory = path
  return told(path)
}

function* list(place: Place, params: ParamsOf<'list'>): Program<ResultOf<'list'>> {
  const { site } = place
  const path = place.about(params.path ?? '.')
  const most = site.limits.pageEntries
  const { entries, total, next } = yield* page(
    site,
    place.access,
    path,
    params.after,
    Math.min(params.limit ?? most, most),
  )
  return { ...told(path), entries: entries.map(entryObject), total, ...(next === undefined ? {} : { next }) }
}

function* status(place: Place, params: ParamsOf<'stat'>): Program<ResultOf<'stat'>> {
  const path = place.about(params.path)
  const { entry, etag } = yield* stat(place.site, place.access, path)
  return { ...told(path), ...entryObject(entry), ...(etag === undefined ? {} : { etag }) }
}

function* mkdir(place: Place, params: ParamsOf<'mkdir'>): Program<PathResult> {
  const path = place.about(params.path)
  yield* createDirectory(place.site, place.access, path)
  return told(path)
}

function* deletion(
  place: Place,
  path: string,
  kind: 'file' | 'directory' | 'any',
  recursive: boolean,
): Program<PathResult> {
  const what = place.about(path)
  yield* remove(place.site, place.access, { path: what, kind, recursive })
  return told(what)
}

/** @param into whether a directory that exists is gone into */
function transfer(operation: typeof move, into: boolean) {
  return function* (place: Place, params: TransferParams): Program<TransferResult> {
    const { access, site } = place
    const from = place.about(params.from)
    const wanted = place.resolve(params.to)
    const to = into ? yield* destinationFor(site, access, from, wanted) : wanted
    const outcome = yield* operation(site, access, { from, to, replace: params.overwrite ?? false })
    return { from: from.text, to: to.text, replaced: outcome === 'replaced' }
  }
}

const transferShape = { from: text, to: text, overwrite: maybeFlag }

const methods: { readonly [M in Method]: Entry<M> } = {
  hello: { shape: {}, reading: true, run: hello },
  pwd: { shape: {}, reading: true, run: pwd },
  cd: { shape: { path: text }, reading: true, run: cd },
  list: { shape: { path: maybeText, after: maybeText, limit: maybeCount }, reading: true, run: list },
  stat: { shape: { path: text }, reading: true, run: status },
  mkdir: { shape: { path: text }, reading: false, run: mkdir },
  rmdir: {
    shape: { path: text },
    reading: false,
    run: (place, { path }) => deletion(place, path, 'directory', false),
  },
  remove: {
    shape: { path: text, recursive: maybeFlag },
    reading: false,
    run: (place, { path, recursive = false }) => deletion(place, path, recursive ? 'any' : 'file', recursive),
  },
  move: { shape: transferShape, reading: false, run: transfer(move, true) },
  copy: { shape: transferShape, reading: false, run: transfer(copy, true) },
  rename: { shape: transferShape, reading: false, run: transfer(move, false) },
}

/** A method by its name, whatever that is. @throws Refusal not_implemented */
export function methodOf(name: string): Entry<Method> {
  const method = Object.hasOwn(methods, name) ? methods[name as Method] : undefined
  if (method === undefined) throw new Refusal('not_implemented', `there is no method ${name.slice(0, 64)}`)
  return method as unknown as Entry<Method>
}
