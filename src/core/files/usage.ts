/**
 * What the files below the shared directory take together.
 */
import type { Directory } from '../calls.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { serverDirectory, temporaryDirectory } from './temporary.ts'
import { eachEntry, inDirectory } from './tree.ts'

/** @returns bytes: the sizes of all regular files, those of unfinished resumable uploads too, but of nothing else that is the server's own */
export function* usage(site: Site): Program<number> {
  let total = 0
  function* below(directory: Directory, path: readonly string[]): Program<void> {
    yield* eachEntry(directory, function* ({ name, status }) {
      const own = path.length === 1 && path[0] === serverDirectory
      // Uploads in progress have claimed what they take, and a file there is what servers have in common.
      if (own && (status?.kind === 'file' || name === temporaryDirectory)) return
      if (status?.kind === 'file') total += status.size
      if (status?.kind !== 'directory' || path.length === site.limits.treeDepth) return
      yield* whatCanBeSeen(inDirectory({ directory, name }, (inner) => below(inner, [...path, name])))
    })
  }
  yield* below(site.root, [])
  return total
}

/** What has vanished takes nothing, and what we may not read is not ours. */
function* whatCanBeSeen(visit: Program<void>): Program<void> {
  try {
    yield* visit
  } catch {
    // Counted as far as it could be.
  }
}
