/**
 * Making one upload of several (tus 1.0.0, concatenation).
 */
import { Refusal } from '../errors.ts'
import { undo } from '../files/publish.ts'
import { Room } from '../files/room.ts'
import type { Access } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { createUpload } from './create.ts'
import { discard } from './discard.ts'
import { inspect, standing } from './inspect.ts'
import { eachPiece, type Sink } from './pieces.ts'
import { inUpload, type Upload } from './place.ts'
import { isPartial, type UploadRecord } from './record.ts'
import type { State } from './state.ts'

/** How many bytes partial uploads have together. @throws Refusal bad_parameter when one is missing, unfinished, or not partial */
export function* lengthOfAll(site: Site, access: Access, ids: readonly string[]): Program<number> {
  let sum = 0
  for (const id of ids) {
    // biome-ignore lint/correctness/useYield: nothing to wait for
    sum += yield* ofPartial(site, access, id, function* ({ record }) {
      return record.length
    })
  }
  return sum
}

/**
 * Put partial uploads one behind another, into an upload that gets its name at once. They are removed then.
 *
 * @param record of the new one, with the length of all of them
 * @returns its name
 * @throws Refusal bad_parameter when one of them is not there any more; what `standing` throws
 */
export function* concatenate(
  site: Site,
  access: Access,
  record: UploadRecord,
  ids: readonly string[],
): Program<string> {
  const id = yield* copied(site, access, record, ids)
  yield* inUpload(site, access, id, (upload) => standing(site, upload))
  for (const each of new Set(ids)) yield* undo(removePartial(site, access, each))
  return id
}

/** A new upload with all bytes, while the others still have them too. */
function* copied(site: Site, access: Access, record: UploadRecord, ids: readonly string[]): Program<string> {
  const room = new Room(site, 'the uploads together')
  try {
    yield* room.announce(record.length)
    const id = yield* createUpload(site, record, (sink) => copyAll(site, access, ids, sink))
    yield* room.take(record.length)
    yield* room.keep()
    return id
  } finally {
    yield* room.end()
  }
}

function* copyAll(site: Site, access: Access, ids: readonly string[], sink: Sink): Program<void> {
  for (const id of ids)
    yield* ofPartial(site, access, id, function* (upload, { parts }) {
      yield* eachPiece(upload, parts, upload.record.length, (bytes) => sink.write(bytes))
    })
}

function* removePartial(site: Site, access: Access, id: string): Program<void> {
  yield* inUpload(site, access, id, function* (upload) {
    const { state } = yield* inspect(site, upload)
    yield* discard(site, upload, state.token)
  })
}

/** Use a partial upload that has all its bytes. */
function* ofPartial<T>(
  site: Site,
  access: Access,
  id: string,
  use: (upload: Upload, state: State) => Program<T>,
): Program<T> {
  return yield* inUpload(site, access, id, function* (upload) {
    const { record } = upload
    if (!isPartial(record)) throw new Refusal('bad_parameter', `the upload ${id} is not partial`)
    const { offset } = yield* standing(site, upload)
    if (offset < record.length)
      throw new Refusal('bad_parameter', `the upload ${id} has ${offset} of ${record.length} bytes`)
    return yield* use(upload, (yield* inspect(site, upload)).state)
  })
}
