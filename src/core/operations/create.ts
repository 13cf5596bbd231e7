/**
 * Creating a directory.
 */
import { Refusal } from '../errors.ts'
import { exclusively } from '../files/exclusive.ts'
import { confirm } from '../files/flush.ts'
import { parentFor } from '../files/naming.ts'
import { unlessTaken } from '../files/publish.ts'
import { walking } from '../files/walk.ts'
import type { SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/** Create one directory, in one that exists. @throws Refusal exists, no_parent; and as `Access.demand` */
export function* createDirectory(site: Site, access: Access, path: SafePath): Program<void> {
  const grant = access.demand('create', path)
  if (path.isRoot) throw new Refusal('exists', path.text)
  yield* walking(site, grant, function* (walk) {
    const parent = yield* parentFor(walk, path)
    // rename(2) replaces an empty directory: nobody must be giving a directory this very name.
    yield* exclusively(site, () => unlessTaken(call('mkdir', parent, path.name), path.text))
    yield* confirm(site, parent.fd, path.text)
  })
}
