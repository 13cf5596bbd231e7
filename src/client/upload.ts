/** Storing one file: by one `PUT` where it is small, resumable where it is not. */
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import { demandGoing, refused } from './errors.ts'
import { Meter } from './meter.ts'
import { openFile, readWhole } from './open-file.ts'
import type { UploadOptions, UploadResult, UploadSource } from './options.ts'
import { putBytes, putStream } from './put.ts'
import { uploadResumable } from './resumable.ts'

const defaultResumeFrom = 8 * 1024 * 1024

/** See `Client.upload`. */
export async function upload(
  context: Context,
  source: UploadSource,
  to: string,
  options: UploadOptions,
  meter = new Meter(options.onProgress),
): Promise<UploadResult> {
  demandGoing(options.signal)
  const path = placeOf(context, source, to)
  if (source instanceof Uint8Array) return await putBytes(context, path, source, undefined, options, meter)
  if (typeof source !== 'string')
    return await putStream(context, path, Readable.from(source), undefined, options, meter)
  const file = await openFile(source)
  try {
    if (file.size >= (options.resumeFrom ?? defaultResumeFrom)) {
      return await uploadResumable(context, path, file, options, meter)
    }
    const bytes = await readWhole(file)
    return await putBytes(context, path, bytes, file.mtimeNs, options, meter)
  } finally {
    await file.handle.close()
  }
}

function placeOf({ resolve }: Context, source: UploadSource, to: string): SafePath {
  const path = resolve(to)
  if (!path.slash) return path
  if (typeof source !== 'string') throw refused('is_directory', path.text)
  return resolve(`${path.isRoot ? '' : path.text}/${basename(source)}`)
}
