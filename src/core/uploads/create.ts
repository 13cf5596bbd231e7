/**
 * Beginning an upload.
 *
 * Its directory is made among the temporaries, and is seen only once it has all that belongs to it. What is not finished is
 * swept away like any temporary.
 */
import type { Directory } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { flush } from '../files/flush.ts'
import { admit, parentFor } from '../files/naming.ts'
import { type Place, undo } from '../files/publish.ts'
import { withTemporary } from '../files/temporary.ts'
import { inDirectory, removeTree } from '../files/tree.ts'
import { walking } from '../files/walk.ts'
import type { Access } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { partName, recordName, tokenName } from './names.ts'
import { Sink } from './pieces.ts'
import { withUploads } from './place.ts'
import type { Target, UploadRecord } from './record.ts'

/** Puts bytes into a new upload. */
export type Fill = (sink: Sink) => Program<void>

/** Refuse an upload that could not have its name if it were there already. @throws Refusal exists, is_directory, no_parent; and as `Access.demand` */
export function* admitTarget(site: Site, access: Access, target: Target): Program<void> {
  const { path, replace } = target
  const grant = access.demand('upload', path)
  if (replace) access.demand('overwrite', path)
  if (path.isRoot || path.slash) throw new Refusal('is_directory', path.text)
  yield* walking(site, grant, function* (walk) {
    const directory = yield* parentFor(walk, path)
    yield* admit({ directory, name: path.name }, target)
  })
}

/**
 * Begin an upload.
 *
 * @param fill puts in the bytes that are known already: all of them, or none
 * @returns its name
 */
export function* createUpload(site: Site, record: UploadRecord, fill?: Fill): Program<string> {
  const id = site.environment.unique()
  yield* withUploads(site, function* (uploads) {
    yield* withTemporary(site, function* (directory, name) {
      try {
        yield* build(site, { directory, name }, record, fill)
        yield* call('rename', directory, name, uploads, id)
      } catch (error) {
        // What cannot be removed now is removed at a later start.
        yield* undo(removeTree(site, { directory, name }))
        throw error
      }
      yield* flush(site, uploads.fd)
    })
  })
  return id
}

function* build(site: Site, place: Place, record: UploadRecord, fill: Fill | undefined): Program<void> {
  yield* call('mkdir', place.directory, place.name)
  yield* inDirectory(place, function* (directory) {
    yield* make(site, directory, recordName, (sink) => sink.write(Buffer.from(JSON.stringify(record))))
    yield* make(site, directory, partName(0, 0), fill)
    const offset = fill === undefined ? 0 : record.length
    yield* make(site, directory, tokenName({ kind: 'free', offset, part: 0 }))
    yield* flush(site, directory.fd)
  })
}

/** Make a file. One that has bytes is flushed. */
function* make(site: Site, directory: Directory, name: string, fill?: Fill): Program<void> {
  const fd = yield* call('open', directory, name, 'create')
  try {
    if (fill === undefined) return
    yield* fill(new Sink(fd))
    yield* flush(site, fd)
  } finally {
    yield* call('close', fd)
  }
}
