/**
 * Where uploads lie: `.twinserve/uploads/ID` below the shared directory, each a directory of its own.
 */
import type { Directory } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { ensure, serverDirectory } from '../files/temporary.ts'
import type { Access } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { readRecord, type UploadRecord } from './record.ts'

const uploadsDirectory = 'uploads'

/** An upload that is open. */
export interface Upload {
  readonly id: string
  /** Where all of them lie. */
  readonly uploads: Directory
  readonly directory: Directory
  readonly record: UploadRecord
  /** Of whoever is at it now: one who began it. */
  readonly access: Access
}

type Open = (parent: Directory, name: string) => Program<Directory>

function* within<T>(site: Site, open: Open, use: (uploads: Directory) => Program<T>): Program<T> {
  const server = yield* open(site.root, serverDirectory)
  try {
    const uploads = yield* open(server, uploadsDirectory)
    try {
      return yield* use(uploads)
    } finally {
      yield* call('close', uploads.fd)
    }
  } finally {
    yield* call('close', server.fd)
  }
}

/** Use the directory that uploads lie in, and make it if need be. */
export function withUploads<T>(site: Site, use: (uploads: Directory) => Program<T>): Program<T> {
  return within(site, ensure, use)
}

/** Use it where there is one. @throws ENOENT */
export function inUploads<T>(site: Site, use: (uploads: Directory) => Program<T>): Program<T> {
  return within(site, (parent, name) => call('openDirectory', parent, name), use)
}

/** Use an upload that was begun by the same user. @throws Refusal not_found, also for one of another's; upload_gone */
export function inUpload<T>(site: Site, access: Access, id: string, use: (upload: Upload) => Program<T>): Program<T> {
  const found: Open = (parent, name) => foundIn(parent, name, id)
  return within(site, found, function* (uploads) {
    const directory = yield* found(uploads, id)
    try {
      const record = yield* recordOf(directory, id)
      if (record.user !== access.user) throw notFound(id)
      return yield* use({ id, uploads, directory, record, access })
    } finally {
      yield* call('close', directory.fd)
    }
  })
}

function* foundIn(parent: Directory, name: string, id: string): Program<Directory> {
  try {
    return yield* call('openDirectory', parent, name)
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? notFound(id) : error
  }
}

function notFound(id: string): Refusal {
  return new Refusal('not_found', `The upload ${id}`)
}

function* recordOf(directory: Directory, id: string): Program<UploadRecord> {
  try {
    const record = yield* readRecord(directory)
    if (record !== undefined) return record
  } catch (error) {
    // It is being removed.
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  throw new Refusal('upload_gone', id)
}
