/** `upload` and `download`. */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import {
  ClientError,
  demandSafeName,
  type Progress,
  type TransferOptions,
  type TreeOptions,
  type TreeResult,
} from '../../client/index.ts'
import { formatBytes, formatCount } from '../../core/pages/format.ts'
import { expandHere, expandThere } from './expand.ts'
import { forEach, type Job, lookAt } from './job.ts'

/** What is transferred, and where to: `undefined` is under its own name, where one is. */
interface Plan {
  readonly sources: readonly string[]
  readonly to: string | undefined
  /** Whether they go into a directory, each under its own name. */
  readonly into: boolean
  readonly status: number
}

/** `upload FILE… [DEST]` */
export async function upload(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  const plan = await planOf(job, {
    // What is here is to be uploaded; any other last name is where to.
    isSource: async (name) => name === '-' || (await kindHere(name)) !== 'absent',
    expand: expandHere,
    isDirectory: async (name) => (await lookAt(client, name, signal)) === 'directory',
  })
  const total = await Total.of(job, plan.sources, sizeHere)
  const status = await forEach(job, plan.sources, async (name) => {
    const to = placeOf(plan, name === '-' ? undefined : basename(resolve(name)))
    if (name === '-') {
      const stored = await client.upload(terminal.streams.stdin, to, { ...optionsOf(job), ...total.next() })
      terminal.done(`Stored ${stored.path}, ${formatBytes(stored.size)}${saying(stored)}.`, stored)
    } else if (asked.recursive && (await kindHere(name)) === 'directory') {
      const tree = await client.uploadTree(name, to, { ...treeOptionsOf(job), ...total.next() })
      terminal.done(`Stored ${client.resolve(to)}: ${sayTree(tree)}.`, { path: client.resolve(to), ...tree })
    } else {
      const stored = await client.upload(name, to, { ...optionsOf(job), ...total.next() })
      terminal.done(`Stored ${stored.path}, ${formatBytes(stored.size)}${saying(stored)}.`, stored)
    }
  })
  return plan.status || status
}

/** `download FILE… [DEST]` */
export async function download(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  const plan = await planOf(job, {
    isSource: async (name) => {
      if (name === '-' || (await kindHere(name)) === 'directory') return false
      return (await lookAt(client, name, signal)) !== 'absent'
    },
    expand: (name) => expandThere(client, name, signal),
    isDirectory: async (name) => (await kindHere(name)) === 'directory',
  })
  const total = await Total.of(job, plan.sources, async (name) => {
    const { size, kind } = await client.stat(name, { signal })
    return kind === 'file' ? size : undefined
  })
  const status = await forEach(job, plan.sources, async (name) => {
    if (plan.to === '-') {
      await client.download(name, terminal.streams.stdout, { ...optionsOf(job), ...total.next() })
      return
    }
    const own = nameOf(client.resolve(name))
    const to = placeOf(plan, own)
    if (asked.recursive && (await lookAt(client, name, signal)) === 'directory') {
      const tree = await client.downloadTree(name, to, { ...treeOptionsOf(job), ...total.next() })
      terminal.done(`Fetched ${to}: ${sayTree(tree)}.`, { path: client.resolve(name), file: to, ...tree })
    } else {
      const fetched = await client.download(name, to, { ...optionsOf(job), ...total.next() })
      terminal.done(`Fetched ${fetched.file}, ${formatBytes(fetched.size)}${saying(fetched)}.`, fetched)
    }
  })
  return plan.status || status
}

interface Side {
  /** Whether the last name is one more to be transferred, and not where to. */
  isSource(name: string): Promise<boolean>
  expand(name: string): Promise<readonly string[]>
  isDirectory(name: string): Promise<boolean>
}

async function planOf(job: Job, side: Side): Promise<Plan> {
  const { asked } = job
  const names = [...asked.names]
  let { to } = asked
  let status = 0
  const last = names.at(-1) as string
  status = await forEach(job, names.length > 1 && to === undefined ? [last] : [], async () => {
    if (last.endsWith('/') || !(await side.isSource(last))) to = names.pop()
  })
  const sources: string[] = []
  if (status === 0) {
    status = await forEach(job, names, async (name) => {
      sources.push(...(name === '-' ? [name] : await side.expand(name)))
    })
  }
  let into = false
  if (to !== undefined && to !== '-') {
    const wanted = to
    const barred = await forEach(job, [wanted], async () => {
      into = wanted.endsWith('/') || (await side.isDirectory(wanted))
      if (!into && sources.length > 1) {
        throw new ClientError('not_directory', `${wanted} is not a directory, and several files cannot have one name.`)
      }
    })
    if (barred !== 0) return { sources: [], to, into, status: status || barred }
  }
  return { sources, to, into, status }
}

/** Where one of them goes. @param own its own name; standard input has none @throws ClientError bad_parameter */
function placeOf({ to, into }: Plan, own: string | undefined): string {
  if (to !== undefined && !into) return to
  if (own === undefined)
    throw new ClientError('bad_parameter', 'Standard input has no name: say what it is to be stored as.')
  if (own === '') {
    if (to === undefined) throw new ClientError('bad_parameter', 'The top has no name: say where it is to be put.')
    // All that is in it goes there, at the first time and at the second.
    return to
  }
  return to === undefined ? own : `${to.replace(/\/+$/, '')}/${own}`
}

/** The last name of a path of the server, as it may be used here. */
function nameOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name !== '') demandSafeName(name)
  return name
}

async function kindHere(name: string): Promise<'directory' | 'file' | 'absent'> {
  const found = await stat(name).catch(() => undefined)
  if (found === undefined) return 'absent'
  return found.isDirectory() ? 'directory' : 'file'
}

async function sizeHere(name: string): Promise<number | undefined> {
  const found = await stat(name).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}

function optionsOf({ asked, signal }: Job): TransferOptions {
  return { signal, overwrite: asked.force, ...(asked.verify ? { verify: true } : {}) }
}

function treeOptionsOf(job: Job): TreeOptions {
  return { ...optionsOf(job), onSkip: (path, reason) => job.terminal.note(`${path} is left out: ${reason}.`) }
}

function saying({ verified, resumed }: { verified: string; resumed: number }): string {
  return `${resumed > 0 ? `, of which ${formatBytes(resumed)} were there` : ''}${verified === 'digest' ? ', verified' : ''}`
}

function sayTree({ files, unchanged, directories, bytes }: TreeResult): string {
  const there = unchanged > 0 ? `, ${formatCount(unchanged)} ${unchanged === 1 ? 'was' : 'were'} there` : ''
  const [file, directory] = [files === 1 ? 'file' : 'files', directories === 1 ? 'directory' : 'directories']
  return `${formatCount(files)} ${file} in ${formatCount(directories)} ${directory}, ${formatBytes(bytes)}${there}`
}

/** Progress over several names, each of which is a call of its own: the total of all, where all sizes are known. */
class Total {
  readonly #job: Job
  readonly #count: number
  readonly #expected: number | undefined
  #bytes = 0
  #files = 0
  #last: Progress | undefined

  private constructor(job: Job, count: number, expected: number | undefined) {
    this.#job = job
    this.#count = count
    this.#expected = expected
  }

  /** @param sizeOf bytes, or undefined where they are not known before: that of a directory */
  static async of(
    job: Job,
    names: readonly string[],
    sizeOf: (name: string) => Promise<number | undefined>,
  ): Promise<Total> {
    if (names.length < 2 || job.terminal.progress === undefined) return new Total(job, names.length, undefined)
    let expected: number | undefined = 0
    for (const name of names) {
      const size: number | undefined = await sizeOf(name).catch(() => undefined)
      expected = expected === undefined || size === undefined ? undefined : expected + size
      if (expected === undefined) break
    }
    return new Total(job, names.length, expected)
  }

  /** For the next of them. */
  next(): Pick<TransferOptions, 'onProgress'> {
    this.#bytes += this.#last?.bytes ?? 0
    this.#files += this.#last?.files ?? 0
    this.#last = undefined
    const display = this.#job.terminal.progress
    return display === undefined ? {} : { onProgress: (progress) => display.update(this.#added(progress)) }
  }

  #added(progress: Progress): Progress {
    this.#last = progress
    if (this.#count < 2) return progress
    const known = this.#expected !== undefined
    return {
      ...progress,
      bytes: this.#bytes + progress.bytes,
      totalBytes: this.#expected,
      files: this.#files + progress.files,
      totalFiles: known ? this.#count : undefined,
    }
  }
}
