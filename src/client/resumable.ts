/** Storing a large file. */
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import type { Meter } from './meter.ts'
import type { UploadOptions, UploadResult } from './options.ts'
import { putStream } from './put.ts'
import type { OpenFile } from './upload.ts'

export async function uploadResumable(
  context: Context,
  path: SafePath,
  file: OpenFile,
  options: UploadOptions,
  meter: Meter,
): Promise<UploadResult> {
  return await putStream(context, path, file.handle.createReadStream({ autoClose: false }), options, meter)
}
