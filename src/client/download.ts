/** Fetching one file. */
import { createHash, randomUUID } from 'node:crypto'
import { stat, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import { targetOf } from './endpoint.ts'
import { demandGoing } from './errors.ts'
import { contentOf } from './http.ts'
import { Meter } from './meter.ts'
import { demandSafeName } from './names.ts'
import type { DownloadOptions, DownloadResult, DownloadTarget } from './options.ts'
import { createPart, demandFree, publish } from './part.ts'

/** See `Client.download`. */
export async function download(
  context: Context,
  from: string,
  to: DownloadTarget,
  options: DownloadOptions,
  meter = new Meter(options.onProgress),
): Promise<DownloadResult> {
  demandGoing(options.signal)
  const path = context.resolve(from)
  const { signal } = options
  const response = await context.http.exchange({ method: 'GET', target: targetOf(path), signal })
  const size = Number(response.headers['content-length'])
  const progress = meter.file(path.text, size)
  const result = { path: path.text, size, etag: response.headers.etag, verified: 'length' as const, resumed: 0 }
  if (typeof to !== 'string') {
    for await (const piece of contentOf(response, signal)) {
      to.write(piece)
      progress.add(piece.length)
    }
    progress.finish()
    return { ...result, file: undefined }
  }
  const file = await fileOf(path, to)
  if (!options.overwrite) await demandFree(file)
  const part = `${file}.${randomUUID()}.part`
  const handle = await createPart(part)
  try {
    for await (const piece of contentOf(response, signal)) {
      await handle.write(piece)
      progress.add(piece.length)
    }
    await publish(handle, part, file, options.overwrite ?? false, Date.parse(response.headers['last-modified'] ?? ''))
  } catch (error) {
    await unlink(part)
    throw error
  } finally {
    await handle.close()
  }
  progress.finish()
  createHash('sha256')
  return { ...result, file }
}

/** The local file: in the directory that `to` is, or `to` itself. */
async function fileOf(path: SafePath, to: string): Promise<string> {
  const inside = /[/\\]$/.test(to) || (await stat(to).catch(() => undefined))?.isDirectory()
  if (!inside) return to
  demandSafeName(path.name)
  return join(to, basename(path.name))
}
