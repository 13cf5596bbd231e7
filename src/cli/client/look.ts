/** The commands that only look: `ls`, `stat`, `cat`. */
import type { EntryObject, StatResult } from '../../client/index.ts'
import { expandThere } from './expand.ts'
import { forEach, type Job } from './job.ts'

/** `ls`: what is in directories, and files by themselves. Directories are marked by a slash. */
export async function ls(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  const names = await expandAll(job, asked.names.length === 0 ? ['.'] : asked.names)
  const files: StatResult[] = []
  const directories: string[] = []
  const status = await forEach(job, names.found, async (name) => {
    const found = await client.stat(name, { signal })
    if (found.kind === 'directory' || found.target === 'directory') directories.push(name)
    else files.push({ ...found, name })
  })
  if (files.length > 0) show(job, undefined, files)
  const shown = await forEach(job, directories.entries(), async ([at, name]) => {
    const entries: EntryObject[] = []
    for await (const entry of client.entries(name, { signal })) entries.push(entry)
    if (names.found.length > 1 && !asked.json) {
      if (at > 0 || files.length > 0) terminal.line('')
      terminal.line(`${name}:`)
    }
    show(job, client.resolve(name), entries)
  })
  return names.status || status || shown
}

function show({ asked, terminal }: Job, path: string | undefined, entries: readonly EntryObject[]): void {
  if (asked.json) {
    terminal.json({ path, entries })
    return
  }
  const widest = entries.reduce((most, { size }) => Math.max(most, `${size ?? '-'}`.length), 0)
  for (const entry of entries) terminal.line(asked.long ? longLine(entry, widest) : marked(entry))
}

const letters = { file: '-', directory: 'd', link: 'l', other: '?' } as const

/** `- 10240 2026-11-21T03:26:56.801Z a.jpg` */
function longLine(entry: EntryObject, widest: number): string {
  const { kind, size, modified } = entry
  return `${letters[kind]} ${`${size ?? '-'}`.padStart(widest)} ${modified} ${marked(entry)}`
}

function marked({ name, kind, target }: EntryObject): string {
  return kind === 'directory' || target === 'directory' ? `${name}/` : name
}

/** `stat`: all that is told of a path. */
export async function stat(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  const names = await expandAll(job, asked.names)
  const status = await forEach(job, names.found, async (name) => {
    const found = await client.stat(name, { signal })
    if (asked.json) {
      terminal.json(found)
      return
    }
    const { path, name: _name, ...rest } = found
    terminal.line(path)
    for (const [key, value] of Object.entries(rest)) terminal.line(`  ${key.padEnd(9)} ${value}`)
  })
  return names.status || status
}

/** `cat`: the bytes as they are. */
export async function cat(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  const names = await expandAll(job, asked.names)
  const status = await forEach(job, names.found, async (name) => {
    await client.download(name, terminal.streams.stdout, { signal, ...(asked.verify ? { verify: true } : {}) })
  })
  return names.status || status
}

/** Names on the server, with their patterns expanded. A pattern that matches nothing is told, and the others count. */
export async function expandAll(
  job: Job,
  names: readonly string[],
): Promise<{ readonly found: readonly string[]; readonly status: number }> {
  const found: string[] = []
  const status = await forEach(job, names, async (name) => {
    found.push(...(await expandThere(job.client, name, job.signal)))
  })
  return { found, status }
}
