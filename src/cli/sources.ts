/**
 * Where settings come from besides the command line: the environment and a configuration file.
 *
 * A name that means nothing is refused, not passed over: with `TWINSERVE_READONLY=1` ignored, a server that was
 * meant to be read-only would not be.
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Name, names, read, type Settings } from './settings.ts'
import { didYouMean } from './suggest.ts'
import { UsageError } from './usage-error.ts'

const prefix = 'TWINSERVE_'
/** Whom clients talk to, as whom, and whom they trust: nothing for a server. */
const forClients: readonly string[] = [
  'TWINSERVE_URL',
  'TWINSERVE_USER',
  'TWINSERVE_PASSWORD',
  'TWINSERVE_FINGERPRINT',
  'TWINSERVE_CACERT',
]
/** Settings that are paths. */
const paths = ['directory', 'auth-file', 'tls-cert', 'tls-key'] as const satisfies readonly Name[]
const variable = (name: string): string => prefix + name.toUpperCase().replaceAll('-', '_')

/** The settings that the environment makes, and the configuration file that it names. */
export function fromEnvironment(environment: NodeJS.ProcessEnv): { settings: Settings; config: string | undefined } {
  const values: Record<string, string> = {}
  const known = new Map([...names, 'config'].map((name) => [variable(name), name]))
  for (const [key, value] of Object.entries(environment)) {
    if (!key.startsWith(prefix) || value === undefined || forClients.includes(key)) continue
    const name = known.get(key)
    if (name === undefined) {
      const hint = didYouMean(key.slice(prefix.length), [...known.values()], variable)
      throw new UsageError(`The environment variable ${key} means nothing to twinserve.${hint}`)
    }
    values[name] = value
  }
  const { config, ...rest } = values
  return { settings: read(rest, variable), config }
}

/** The settings of a configuration file: one JSON object, whose names are those of the long options. */
export async function fromFile(path: string): Promise<Settings> {
  const show = (name: Name): string => `${JSON.stringify(name)} in ${path}`
  const values = parseObject(await readText(path), path)
  for (const name of Object.keys(values)) {
    if ((names as readonly string[]).includes(name)) continue
    const hint = didYouMean(name, names, (found) => JSON.stringify(found))
    throw new UsageError(`The configuration file ${path} has the unknown name ${JSON.stringify(name)}.${hint}`)
  }
  const settings = read(values, show)
  // A path in a file means what it says wherever the server is started from.
  const here = (of: (typeof paths)[number]) =>
    settings[of] === undefined ? {} : { [of]: resolve(dirname(path), settings[of]) }
  return Object.assign({ ...settings }, ...paths.map(here))
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new UsageError(`The configuration file ${path} ${why}. Name another with --config.`)
  }
}

function parseObject(json: string, path: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new UsageError(`The configuration file ${path} is not JSON: ${(error as Error).message}.`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UsageError(`The configuration file ${path} must hold one JSON object, such as {"port": 8080}.`)
}
