/**
 * What the server tells of itself, below `/.twinserve/`: whether it serves, and its metrics.
 *
 * - Health is for whoever watches over the server (a load balancer, an orchestrator): it asks for no rights, and tells nothing but
 *   whether new requests are welcome. A server that is stopping says no.
 * - Metrics are there only if they were asked for, and for whoever may read all that is shared.
 */
import { errnoOf, Refusal } from '../errors.ts'
import { eachBatch } from '../files/tree.ts'
import { exposition, expositionType } from '../metrics/exposition.ts'
import { call, type Program } from '../program.ts'
import { isUploadId } from '../uploads/names.ts'
import { inUploads } from '../uploads/place.ts'
import type { Request } from './request.ts'
import { type Response, textResponse } from './response.ts'

export const healthPath = '/.twinserve/health'
export const metricsPath = '/.twinserve/metrics'

const fields = 'Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n'

function demandReading(request: Request): void {
  if (request.reading) return
  throw new Refusal(
    'method_not_allowed',
    `${request.method} is not for what the server tells of itself`,
    'Allow: GET, HEAD\r\n',
  )
}

/** Whether new requests are welcome: 200, or 503 once the server is stopping. @throws Refusal method_not_allowed */
export function health(request: Request): Response {
  demandReading(request)
  const [status, word] = request.site.draining ? [503, 'stopping'] : [200, 'ok']
  if (request.form === 'json') {
    return textResponse(status, 'application/json; charset=utf-8', `{"status":"${word}"}\n`, fields)
  }
  return textResponse(status, 'text/plain; charset=utf-8', `${word}\n`, fields)
}

/** What has been counted. @throws Refusal not_found, method_not_allowed, and what the policy refuses */
export function* metrics(request: Request): Program<Response> {
  const { site } = request
  if (site.metrics === undefined) throw new Refusal('not_found', metricsPath)
  demandReading(request)
  request.access.demandEverywhere('read')
  const uploads = yield* keptUploads(request)
  return textResponse(200, expositionType, exposition(yield* call('measure'), uploads), fields)
}

function* keptUploads({ site }: Request): Program<number> {
  let count = 0
  // biome-ignore lint/correctness/useYield: nothing to wait for
  const note = function* (names: readonly string[]): Program<void> {
    count += names.filter(isUploadId).length
  }
  try {
    yield* inUploads(site, (uploads) => eachBatch(uploads, note))
  } catch (error) {
    // There is no such directory before the first of them.
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  return count
}
