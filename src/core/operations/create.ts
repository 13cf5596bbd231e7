/**
 * Creating a directory.
 */
import { Refusal } from '../errors.ts'
import { confirm } from '../files/flush.ts'
import { parentFor } from '../files/naming.ts'
import { unlessTaken } from '../files/publish.ts'
import { walking } from '../files/walk.ts'
import type { SafePath } from '../paths.ts'
import { demand } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/** Create one directory, in one that exists. @throws Refusal exists, no_parent, read_only */
export function* createDirectory(site: Site, path: SafePath): Program<void> {
  demand(site.policy, 'create')
  if (path.isRoot) throw new Refusal('exists', path.text)
  yield* walking(site, path.text, function* (walk) {
    const parent = yield* parentFor(walk, path)
    yield* unlessTaken(call('mkdir', parent, path.name), path.text)
    yield* confirm(site, parent.fd, path.text)
  })
}
