/**
 * Every setting there is, with the reading of its value: one table for the command line, the environment and the
 * configuration file.
 *
 * A value comes as a string, or from a configuration file also as a boolean, a number or an array. A reader gives it
 * its type or refuses it by a sentence that names where it came from.
 */
import { availableParallelism } from 'node:os'
import type { LogFormat } from '../core/options.ts'
import { parseDuration } from './durations.ts'
import { parseSize } from './sizes.ts'
import { didYouMean } from './suggest.ts'
import { UsageError } from './usage-error.ts'

/** @param source what to call the setting: `--port`, `TWINSERVE_PORT` or `port in twinserve.json` */
type Reader<T> = (value: unknown, source: string) => T

const text: Reader<string> = (value, source) => {
  if (typeof value === 'string' && value !== '') return value
  throw new UsageError(`${source} needs a value.`)
}

const flag: Reader<boolean> = (value, source) => {
  if (typeof value === 'boolean') return value
  const word = String(value).toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off'].includes(word)) return false
  throw new UsageError(`${source} is either true or false, not ${quoted(value)}.`)
}

const port: Reader<number> = (value, source) => {
  const word = typeof value === 'number' ? String(value) : text(value, source)
  if (/^\d{1,5}$/.test(word) && Number(word) <= 65535) return Number(word)
  throw new UsageError(`${source} takes a number from 1 to 65535, or 0 to let the system choose, not ${quoted(value)}.`)
}

const size: Reader<number> = (value, source) => {
  const bytes = parseSize(typeof value === 'number' ? String(value) : text(value, source))
  if (bytes !== undefined) return bytes
  throw new UsageError(`${source} takes a number of bytes such as 0, 4096, 64M or 1G, not ${quoted(value)}.`)
}

/** Bytes, with bounds beyond which they mean nothing. */
function sizeWithin(least: string, most: string): Reader<number> {
  return (value, source) => {
    const bytes = size(value, source)
    if (bytes >= (parseSize(least) as number) && bytes <= (parseSize(most) as number)) return bytes
    throw new UsageError(`${source} takes from ${least} to ${most}, not ${quoted(value)}.`)
  }
}

const count: Reader<number> = (value, source) => {
  const word = typeof value === 'number' ? String(value) : text(value, source)
  if (/^[1-9]\d{0,6}$/.test(word)) return Number(word)
  throw new UsageError(`${source} takes a number from 1 to 9999999, not ${quoted(value)}.`)
}

/** Threads or workers: at least one, or as many as there are processors. */
const loops: Reader<number> = (value, source) => {
  const word = typeof value === 'number' ? String(value) : text(value, source)
  if (word === 'auto') return availableParallelism()
  if (/^[1-9]\d{0,2}$/.test(word) && Number(word) <= 256) return Number(word)
  throw new UsageError(
    `${source} takes a number from 1 to 256, or auto for as many as there are processors, not ${quoted(value)}.`,
  )
}

/** Milliseconds. Timers of the engines last 24 days at most. */
const duration: Reader<number> = (value, source) => {
  const time = parseDuration(typeof value === 'number' ? String(value) : text(value, source))
  if (time !== undefined && time >= 100 && time <= 7 * 24 * 60 * 60 * 1000) return time
  throw new UsageError(`${source} takes a time from 100ms to 7d, such as 30s or 5m, not ${quoted(value)}.`)
}

const fileName: Reader<string> = (value, source) => {
  const name = text(value, source)
  if (!/[/\\\0]/.test(name) && name !== '.' && name !== '..') return name
  throw new UsageError(
    `${source} takes the name of a file such as index.html, without a directory, not ${quoted(name)}.`,
  )
}

/** The values of an array, or of a text that is to be cut at a separator, as the environment has no arrays. An option that is given without a value has none. */
function listOf(value: unknown, separator: string, source: string): readonly unknown[] {
  const list = Array.isArray(value) ? value : text(value, source).split(separator)
  return list.length > 0 ? list : [text('', source)]
}

/** One name or several, separated by commas. */
const hostNames: Reader<readonly string[]> = (value, source) => {
  const list = listOf(value, ',', source)
  return list.map((item) => {
    const name = text(item, source).trim().toLowerCase()
    if (/^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u.test(name)) return name
    throw new UsageError(
      `${source} takes a name such as files.example.org, without http:// and without a port, not ${quoted(item)}.`,
    )
  })
}

/** One or several, in an array, or one a line, as the environment has no arrays. Passwords may have commas. */
const entries: Reader<readonly string[]> = (value, source) => {
  return listOf(value, '\n', source).map((item) => text(item, source))
}

function choice<const T extends string>(...words: readonly T[]): Reader<T> {
  return (value, source) => {
    const word = value === '' ? text(value, source) : value
    const found = words.find((each) => each === word)
    if (found !== undefined) return found
    const list = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
    const hint = typeof value === 'string' ? didYouMean(value, words) : ''
    throw new UsageError(`${source} is ${list}, not ${quoted(value)}.${hint}`)
  }
}

const quoted = (value: unknown): string => JSON.stringify(value) ?? String(value)

export const readers = {
  directory: text,
  mode: choice('async', 'sync'),
  threads: loops,
  workers: loops,
  grace: duration,
  port,
  bind: text,
  'max-upload-size': size,
  quota: size,
  'read-only': flag,
  'allow-all': flag,
  'allow-upload': flag,
  'allow-move': flag,
  'allow-overwrite': flag,
  'allow-delete': flag,
  'allow-anonymous-writes': flag,
  auth: entries,
  'auth-file': text,
  'allow-insecure-auth': flag,
  'host-name': hostNames,
  fsync: flag,
  index: fileName,
  cache: size,
  'server-timing': flag,
  'max-connections': count,
  'max-connections-per-address': count,
  'max-header-size': sizeWithin('1K', '64K'),
  'header-timeout': duration,
  'stall-timeout': duration,
  'request-timeout': duration,
  'min-rate': sizeWithin('1', '1T'),
  'idle-timeout': duration,
  metrics: flag,
  trace: text,
  tls: choice('off', 'self-signed'),
  'tls-cert': text,
  'tls-key': text,
  'log-format': choice<LogFormat>('common', 'combined', 'json', 'off'),
} satisfies Record<string, Reader<unknown>>

export type Name = keyof typeof readers
export const names = Object.keys(readers) as readonly Name[]

/** Settings with their types; what no source mentions is absent. */
export type Settings = { readonly [K in Name]?: ReturnType<(typeof readers)[K]> }

/** Values as one source gives them. */
export type Values = Readonly<Record<string, unknown>>

/**
 * Gives the values of one source their types.
 *
 * @param show how a name is written in that source, for the sentences
 */
export function read(values: Values, show: (name: Name) => string): Settings {
  const settings: Partial<Record<Name, unknown>> = {}
  for (const name of names) {
    const value = values[name]
    if (value !== undefined) settings[name] = readers[name](value, show(name))
  }
  return settings as Settings
}
