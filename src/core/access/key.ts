/**
 * What cookies are signed with: a secret in `.twinserve/key` below the shared directory, which nobody but its owner may read.
 * All threads, workers and later runs have it from there.
 *
 * It is made when somebody logs in for the first time. Until it is whole it lies in a directory that nobody else may enter,
 * and of two who make one at a time the second takes the first one's.
 */
import { Loan } from '../buffers.ts'
import type { Directory } from '../calls.ts'
import { errnoOf } from '../errors.ts'
import { flush } from '../files/flush.ts'
import { undo } from '../files/publish.ts'
import { ensure, serverDirectory, withTemporary } from '../files/temporary.ts'
import { inDirectory, removeTree } from '../files/tree.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

const keyName = 'key'
const keyText = /^[A-Za-z0-9]{40,}$/

/** The key, if there is one. */
export function* findKey(site: Site): Program<string | undefined> {
  site.key ??= yield* readKey(site)
  return site.key
}

/** The key, which is made if need be. Where it cannot be kept, one that is good for this run. */
export function* needKey(site: Site): Program<string> {
  const found = yield* findKey(site)
  if (found !== undefined) return found
  try {
    yield* makeKey(site)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
  site.key = (yield* readKey(site)) ?? site.accounts.fallbackKey
  return site.key
}

function* readKey(site: Site): Program<string | undefined> {
  try {
    return yield* loadKey(site)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return undefined
  }
}

function* loadKey(site: Site): Program<string | undefined> {
  const loan = new Loan()
  try {
    return yield* inDirectory({ directory: site.root, name: serverDirectory }, function* (server) {
      const { fd, length } = yield* call('load', server, keyName, loan.room)
      if (fd !== undefined) yield* call('close', fd)
      const text = Buffer.from(loan.room.subarray(0, length ?? 0))
        .toString('latin1')
        .trim()
      return keyText.test(text) ? text : undefined
    })
  } finally {
    loan.end()
  }
}

function* makeKey(site: Site): Program<void> {
  const { environment } = site
  const server = yield* ensure(site.root, serverDirectory)
  try {
    yield* withTemporary(site, function* (directory, name) {
      yield* call('mkdir', directory, name)
      try {
        yield* inDirectory({ directory, name }, (inner) =>
          fill(site, inner, environment.unique() + environment.unique()),
        )
        yield* inDirectory({ directory, name }, (inner) => call('link', inner, keyName, server, keyName))
        yield* flush(site, server.fd)
      } finally {
        yield* undo(removeTree(site, { directory, name }))
      }
    })
  } finally {
    yield* call('close', server.fd)
  }
}

function* fill(site: Site, directory: Directory, key: string): Program<void> {
  yield* call('fchmod', directory.fd, 0o700)
  const fd = yield* call('open', directory, keyName, 'create')
  try {
    yield* call('fchmod', fd, 0o600)
    yield* call('write', fd, Buffer.from(`${key}\n`), 0)
    yield* flush(site, fd)
  } finally {
    yield* call('close', fd)
  }
}
