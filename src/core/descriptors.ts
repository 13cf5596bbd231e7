/**
 * How many connections there is room for in a process that may open only so many descriptors.
 *
 * One connection too many is answered with 503. One descriptor too many is none: a connection that cannot be accepted
 * cannot be answered either. So connections stop short of that, and files have descriptors left.
 */
import { limitsOf } from './limits.ts'
import type { ServeOptions } from './options.ts'

/** A process's own: what Node has open by itself, the log, directories held, and some files. */
const own = 64

/** The soft limit on open files in the text of `/proc/PID/limits` (proc(5)): undefined where there is none to be found. */
export function mostDescriptors(limits: string): number | undefined {
  const [, most] = /^Max open files +(\d+) /m.exec(limits) ?? []
  return most === undefined ? undefined : Number(most)
}

/**
 * The options of a server whose process may have so many descriptors: a quarter of them is not for connections.
 *
 * @param each what one connection takes
 */
export function withinDescriptors(options: ServeOptions, descriptors: number | undefined, each = 1): ServeOptions {
  if (descriptors === undefined) return options
  const room = Math.max(1, Math.floor(Math.min(descriptors - own, Math.floor((descriptors * 3) / 4)) / each))
  const { connections } = limitsOf(options.limits)
  return connections <= room ? options : { ...options, limits: { ...options.limits, connections: room } }
}
