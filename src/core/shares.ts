/**
 * What is one server to its clients may be several serving loops, threads or processes, and each keeps its own counts.
 */
import { limitsOf } from './limits.ts'
import type { ServeOptions } from './options.ts'

/**
 * The options of one of several serving loops: what bounds the whole server is shared out in equal parts, so that all of
 * them together take no more than one would.
 */
export function shareOf(options: ServeOptions, loops: number): ServeOptions {
  if (loops === 1) return options
  const { connections, sessions } = limitsOf(options.limits)
  const part = (whole: number) => Math.max(1, Math.floor(whole / loops))
  return {
    ...options,
    cacheBytes: Math.floor(options.cacheBytes / loops),
    limits: { ...options.limits, connections: part(connections), sessions: part(sessions) },
  }
}
