/** The commands that change what is on the server, and need no local file. */
import { demandDirectory, forEach, type Job } from './job.ts'
import { expandAll } from './look.ts'

/** `mkdir`. */
export async function mkdir(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  return await forEach(job, asked.names, async (name) => {
    const path = await client.mkdir(name, { signal })
    terminal.done(`Made ${path}.`, { path })
  })
}

/** `rmdir`. */
export async function rmdir(job: Job): Promise<number> {
  const { client, terminal, signal } = job
  return await expanded(job, job.asked.names, async (name) => {
    const path = await client.rmdir(name, { signal })
    terminal.done(`Removed ${path}.`, { path })
  })
}

/** `delete`. */
export async function remove(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  return await expanded(job, asked.names, async (name) => {
    const path = await client.remove(name, { signal, recursive: asked.recursive })
    terminal.done(`Deleted ${path}.`, { path })
  })
}

/** `rename`: two names as they are written. */
export async function rename(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  const [from = '', to = ''] = asked.names
  return await forEach(job, [from], async () => {
    const result = await client.rename(from, to, { signal, overwrite: asked.force })
    terminal.done(`Renamed ${result.from} to ${result.to}.`, result)
  })
}

/** `move` and `copy`: the last name is where to. */
export async function transfer(job: Job): Promise<number> {
  const { client, asked, terminal, signal } = job
  const to = asked.names.at(-1) as string
  const moving = asked.command === 'move'
  const names = await expandAll(job, asked.names.slice(0, -1))
  // Several can only go into a directory, and a slash at the end says that it is one.
  const directory = names.found.length > 1 || to.endsWith('/')
  const barred = directory ? await forEach(job, [to], (name) => demandDirectory(client, name, signal)) : 0
  if (barred !== 0) return barred
  const status = await forEach(job, names.found, async (name) => {
    const options = { signal, overwrite: asked.force }
    const result = moving ? await client.move(name, to, options) : await client.copy(name, to, options)
    terminal.done(`${moving ? 'Moved' : 'Copied'} ${result.from} to ${result.to}.`, result)
  })
  return names.status || status
}

async function expanded(job: Job, names: readonly string[], work: (name: string) => Promise<void>): Promise<number> {
  const { found, status } = await expandAll(job, names)
  return (await forEach(job, found, work)) || status
}
