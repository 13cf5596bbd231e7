/**
 * Making one file of what an upload has, and making sure of it.
 */
import { Refusal } from '../errors.ts'
import { dated } from '../files/dating.ts'
import { flush } from '../files/flush.ts'
import { undo } from '../files/publish.ts'
import { withTemporary } from '../files/temporary.ts'
import { newHash } from '../http/digests.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { leave, taken } from './claim.ts'
import { discard } from './discard.ts'
import { type Held, type Part, partName } from './names.ts'
import { eachPiece, Sink } from './pieces.ts'
import type { Upload } from './place.ts'
import { targetOf } from './record.ts'
import { shift } from './state.ts'

/**
 * Put all bytes of an upload into one file that is checked, dated and on disk.
 *
 * @param held our token: all bytes are on disk, whatever it says
 * @returns the token as it is then, and the number of the file. After a failure the upload is left, or discarded if it is not what was promised
 * @throws Refusal digest_mismatch, changed
 */
export function* makeWhole(
  site: Site,
  upload: Upload,
  held: Held,
  parts: readonly Part[],
): Program<{ readonly token: Held; readonly part: number }> {
  let token = held
  try {
    // A part may have been begun, and nothing written to it.
    const [first, ...others] = parts.filter(({ start }, at) => at === 0 || start < upload.record.length) as [
      Part,
      ...Part[],
    ]
    if (others.length === 0) {
      yield* seal(site, upload, first)
      return { token, part: first.number }
    }
    token = yield* joined(site, upload, held, [first, ...others])
    yield* seal(site, upload, { name: partName(token.part, 0), number: token.part, start: 0 })
    return { token, part: token.part }
  } catch (error) {
    const bad = error instanceof Refusal && error.code === 'digest_mismatch'
    if (bad) yield* discard(site, upload, token)
    else yield* undo(leaveWhole(site, upload, token))
    throw error
  }
}

/** A step of ours that may fail: the upload is then left, with all its bytes. As long as this process runs, nobody else would take it. */
export function* orLeave<T>(site: Site, upload: Upload, token: Held, step: Program<T>): Program<T> {
  try {
    return yield* step
  } catch (error) {
    yield* undo(leaveWhole(site, upload, token))
    throw error
  }
}

function* leaveWhole(site: Site, upload: Upload, token: Held): Program<void> {
  yield* leave(site, upload, token, upload.record.length, token.part)
}

/** Join several parts into a new one, which then is the only one. The token names it before it is there. */
function* joined(site: Site, upload: Upload, held: Held, parts: readonly Part[]): Program<Held> {
  const token: Held = { ...held, offset: upload.record.length, part: held.part + 1, mode: 'checked' }
  yield* withTemporary(site, function* (directory, name) {
    try {
      yield* copyOf(site, upload, parts, yield* call('open', directory, name, 'create'))
      if (!(yield* shift(upload, held, token))) throw taken(upload)
      yield* call('rename', directory, name, upload.directory, partName(token.part, 0))
    } catch (error) {
      yield* undo(call('unlink', directory, name))
      throw error
    }
  })
  for (const { name } of parts) yield* undo(call('unlink', upload.directory, name))
  return token
}

function* copyOf(site: Site, upload: Upload, parts: readonly Part[], fd: number): Program<void> {
  const sink = new Sink(fd)
  try {
    yield* eachPiece(upload, parts, upload.record.length, (bytes) => sink.write(bytes))
    yield* flush(site, fd)
  } finally {
    yield* call('close', fd)
  }
}

/** Check and date the file that has all the bytes. @throws Refusal digest_mismatch, failed */
function* seal(site: Site, upload: Upload, part: Part): Program<void> {
  const { record } = upload
  yield* verify(upload, part)
  const fd = yield* call('open', upload.directory, part.name, 'read')
  try {
    const { size, mtimeNs } = yield* call('fstat', fd)
    if (size !== record.length) throw new Refusal('failed', 'the upload has another length on disk')
    // The bytes are on disk already.
    const status = yield* dated(site, fd, targetOf(record).mtimeNs)
    if (status.mtimeNs !== mtimeNs) yield* flush(site, fd)
  } finally {
    yield* call('close', fd)
  }
}

function* verify(upload: Upload, part: Part): Program<void> {
  const { digests, length } = upload.record
  if (digests.length === 0) return
  const hashes = digests.map(([algorithm]) => newHash(algorithm))
  // biome-ignore lint/correctness/useYield: nothing to wait for
  yield* eachPiece(upload, [part], length, function* (bytes) {
    for (const hash of hashes) hash.update(bytes)
  })
  for (const [at, [algorithm, value]] of digests.entries()) {
    if (hashes[at]?.digest('base64') !== value) throw new Refusal('digest_mismatch', `Repr-Digest (${algorithm})`)
  }
}
