/**
 * Moving and renaming, of files and directories.
 */
import { type Changing, exclusively } from '../files/exclusive.ts'
import { confirm } from '../files/flush.ts'
import { parentFor } from '../files/naming.ts'
import { orAcross, type Place } from '../files/publish.ts'
import { freed } from '../files/room.ts'
import { walking } from '../files/walk.ts'
import type { SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { moveAcross } from './move-across.ts'
import { admitSource, admitTransfer, nameAs, type TransferRequest, type Transferred } from './renaming.ts'

/**
 * The new name that a person means: in a directory that exists, under the old name; otherwise as it is written.
 */
export function* destinationFor(site: Site, access: Access, from: SafePath, wanted: SafePath): Program<SafePath> {
  // A directory renamed to the name it has would otherwise be moved into itself.
  if (wanted.text === from.text) return wanted
  return (yield* isDirectory(site, access, wanted)) ? wanted.child(from.name, from.slash) : wanted
}

function* isDirectory(site: Site, access: Access, path: SafePath): Program<boolean> {
  try {
    return yield* walking(site, access.demand('read', path), function* (walk) {
      return (yield* walk.kindOf(path)) === 'directory'
    })
  } catch {
    // Whatever is wrong with it, the operation itself will say.
    return false
  }
}

/**
 * Move something to a new name.
 *
 * @returns whether the new name was new
 * @throws Refusal not_found, exists, no_parent, into_itself, not_directory, what `check` throws; and as `Access.demandTree`
 */
export function* move(site: Site, access: Access, wanted: TransferRequest): Program<'created' | 'replaced'> {
  const { from, to, replace } = wanted
  const leave = access.demandTree('move', from)
  const arrive = access.demandTree('move', to)
  if (replace) access.demand('overwrite', to)
  admitTransfer(from, to)
  return yield* walking(site, leave, function* (source) {
    const old: Place = { directory: yield* source.toParentOf(from), name: from.name }
    yield* admitSource(wanted, old)
    return yield* walking(site, arrive, function* (target) {
      const place: Place = { directory: yield* parentFor(target, to), name: to.name }
      const linked = source.followed || target.followed
      const step = exclusively(site, (changing) => transfer(site, wanted, old, place, linked, changing))
      const done = yield* orAcross(step, () => moveAcross(site, wanted, target, old, place))
      if (!done.flushed) yield* confirm(site, place.directory.fd, to.text)
      yield* confirm(site, old.directory.fd, from.text)
      yield* freed(site, done.replaced)
      return done.outcome
    })
  })
}

/** @param linked whether a symbolic link leads to one of the two places */
function* transfer(
  site: Site,
  wanted: TransferRequest,
  old: Place,
  place: Place,
  linked: boolean,
  changing: Changing,
): Program<Transferred> {
  const seen = yield* admitSource(wanted, old)
  // With a directory everything in it gets another path.
  const paths = linked || seen.kind === 'directory' ? 'everything' : [wanted.from.text, wanted.to.text]
  return yield* nameAs(site, wanted, seen, old, place, () => changing(paths))
}
