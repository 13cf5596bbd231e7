/**
 * Making a site ready, once, before the first request.
 */
import { Accounts } from './access/accounts.ts'
import { Attempts } from './access/attempts.ts'
import type { Directory, Environment } from './calls.ts'
import { FileCache } from './files/cache.ts'
import { DigestMemory } from './files/digest-memory.ts'
import { exclusively } from './files/exclusive.ts'
import { Quota } from './files/quota.ts'
import { SharedMemory, sharedBytes } from './files/shared-memory.ts'
import { ensure, serverDirectory, sweep } from './files/temporary.ts'
import { limitsOf } from './limits.ts'
import type { Recorder } from './metrics/recorder.ts'
import type { ServeOptions } from './options.ts'
import { allowedBy } from './policy.ts'
import { call, type Program } from './program.ts'
import type { Site } from './site.ts'
import type { TraceEvents } from './trace-events.ts'
import { sweepUploads } from './uploads/expire.ts'

/** The part of the options that the core reads: the engine has used up the rest. */
export type SiteOptions = Omit<ServeOptions, 'root' | 'listen' | 'logFile' | 'traceFile'>

/**
 * @param root the shared directory, which stays open as long as the site is in use
 * @param log takes one line of the request log, without its line end
 * @param watchers what counts and what writes trace events, where that was asked for
 */
export function* openSite(
  options: SiteOptions,
  root: Directory,
  environment: Environment,
  log: (line: string) => void,
  { metrics, events }: { readonly metrics?: Recorder | undefined; readonly events?: TraceEvents | undefined } = {},
): Program<Site> {
  const limits = limitsOf(options.limits)
  const shared = new SharedMemory(yield* memoryOf(root, !options.readOnly))
  const site: Site = {
    root,
    accounts: new Accounts(allowedBy(options), options.auth),
    attempts: new Attempts(limits, environment.unique()),
    key: undefined,
    limits,
    durable: options.fsync,
    environment,
    shared,
    cache: options.cacheBytes > 0 ? new FileCache(options.cacheBytes, limits.cacheFresh, shared) : undefined,
    digests: new DigestMemory(limits.digests),
    maxUpload: options.maxUploadSize,
    quota: options.quota === undefined ? undefined : new Quota(options.quota),
    index: options.index,
    hostNames: new Set(options.hostNames),
    serverTiming: options.serverTiming,
    logFormat: options.logFormat,
    log,
    metrics,
    events,
    uploadsSwept: Number.NEGATIVE_INFINITY,
    sessions: 0,
    temporary: undefined,
    draining: false,
  }
  yield* site.accounts.open()
  if (!options.readOnly) {
    // What a crash has left marked as being changed would be served from no cache.
    yield* exclusively(site, nothing)
    yield* sweep(site)
    yield* sweepUploads(site)
  }
  return site
}

/** @param make whether the server's own directory may be made: one that only reads leaves nothing behind */
function* memoryOf(root: Directory, make: boolean): Program<ArrayBufferLike> {
  let server: Directory
  try {
    server = make ? yield* ensure(root, serverDirectory) : yield* call('openDirectory', root, serverDirectory)
  } catch {
    // Nobody can store anything here; or nobody has yet.
    return new ArrayBuffer(sharedBytes)
  }
  try {
    return yield* call('share', server, make)
  } finally {
    yield* call('close', server.fd)
  }
}

function* nothing(): Program<void> {}
