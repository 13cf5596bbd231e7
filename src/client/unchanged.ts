/** Whether a file here is the same as one there. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { formatDigest } from '../core/http/digests.ts'
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import { digestTold, noDigest, wantDigest } from './description.ts'
import { targetOf } from './endpoint.ts'
import { demandGoing, ofLocal } from './errors.ts'
import { sameDigest } from './put.ts'

/** Compare by digest. @throws ClientError unverified when the server tells none */
export async function sameDigestHere(
  context: Context,
  path: SafePath,
  file: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const response = await context.http.ask({ method: 'HEAD', target: targetOf(path), headers: wantDigest, signal })
  const told = digestTold(response)
  if (told === undefined) throw noDigest(path)
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash, signal === undefined ? {} : { signal })
  } catch (error) {
    demandGoing(signal)
    throw ofLocal(error, file)
  }
  return sameDigest(told, formatDigest('sha-256', hash))
}
