/** What programs that embed twinserve import. Each engine is loaded by its first use. */
import type { Serve } from './core/options.ts'

export * from './client/index.ts'
export { defaultLimits, type Limits } from './core/limits.ts'
export type { ListenAddress, LogFormat, RunningServer, Serve, ServeOptions } from './core/options.ts'

/** Serve with the blocking engine: one request after the other, on a thread of its own. */
export const serveSync: Serve = async (options) => (await import('./sync/serve.ts')).serve(options)

/** Serve with the event-loop engine: many requests at a time. */
export const serveAsync: Serve = async (options) => (await import('./async/serve.ts')).serve(options)
