/** What programs that embed twinserve import. Each engine is loaded by its first use. */
import type { RunningServer, ServeOptions } from './core/options.ts'

export * from './client/index.ts'
export { defaultLimits, type Limits } from './core/limits.ts'
export type { ListenAddress, LogFormat, RunningServer, ServeOptions } from './core/options.ts'

/** What a program has to say: the directory. The rest has defaults, with which nobody can change anything. */
export type Options = Pick<ServeOptions, 'root'> & Partial<ServeOptions>

/** Those of the command, but that nothing is logged and that changes have to be allowed (`readOnly: false`): a program asks nobody. */
const defaults: Omit<ServeOptions, 'root'> = {
  listen: { host: '127.0.0.1', port: 8080 },
  readOnly: true,
  fsync: true,
  cacheBytes: 64 * 1024 ** 2,
  hostNames: [],
  serverTiming: true,
  logFormat: 'off',
  logFile: 2,
}

/** Serve with the blocking engine: one request after the other, on a thread of its own. @throws as the system: EADDRINUSE, ENOENT, … */
export async function serveSync(options: Options): Promise<RunningServer> {
  return (await import('./sync/serve.ts')).serve({ ...defaults, ...options })
}

/** Serve with the event-loop engine: many requests at a time. @throws as the system: EADDRINUSE, ENOENT, … */
export async function serveAsync(options: Options): Promise<RunningServer> {
  return (await import('./async/serve.ts')).serve({ ...defaults, ...options })
}
