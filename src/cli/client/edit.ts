/**
 * `edit FILE`: fetched, edited here, and stored again if it is still what was fetched.
 *
 * Whatever goes wrong after the editor has ended, what was edited is kept, and said where.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientError, demandSafeName } from '../../client/index.ts'
import { forEach, type Job } from './job.ts'

export async function edit(job: Job): Promise<number> {
  return await forEach(job, job.asked.names, (name) => editOne(job, name))
}

async function editOne(job: Job, name: string): Promise<void> {
  const { client, terminal, signal } = job
  const path = client.resolve(name)
  const own = path.slice(path.lastIndexOf('/') + 1)
  if (own === '') throw new ClientError('is_directory', `${path} is a directory.`)
  demandSafeName(own)
  const directory = await mkdtemp(join(tmpdir(), 'twinserve-edit-'))
  const file = join(directory, own)
  let keep = false
  try {
    const { etag } = await client.download(path, file, { signal })
    const before = await readFile(file)
    await runEditor(job, file)
    keep = true
    const after = await readFile(file)
    if (after.equals(before)) terminal.done(`${path} was not changed.`, { path, changed: false })
    else {
      const stored = await client.upload(file, path, {
        signal,
        keepTime: false,
        ...(etag === undefined ? { overwrite: true } : { ifMatch: etag }),
      })
      terminal.done(`Stored ${stored.path}, ${stored.size} bytes.`, { ...stored, changed: true })
    }
    keep = false
  } catch (error) {
    if (!keep || !(error instanceof ClientError)) throw error
    const where = `What you have edited is kept in ${file}.`
    throw new ClientError(error.code, `${error.message} ${where}`, { status: error.status, cause: error })
  } finally {
    if (!keep) await rm(directory, { recursive: true })
  }
}

/** The editor may be a command with options, as in `code --wait`: it is for the shell to read. */
async function runEditor({ environment }: Job, file: string): Promise<void> {
  const editor = environment.VISUAL || environment.EDITOR || (process.platform === 'win32' ? 'notepad' : 'vi')
  const child =
    process.platform === 'win32'
      ? spawn(`${editor} "${file}"`, { shell: true, stdio: 'inherit' })
      : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code === 0) return
  const how = code === null ? `signal ${signal}` : `status ${code}`
  throw new ClientError(
    'local_failure',
    `The editor ${editor} ended with ${how}, and nothing was stored. Set VISUAL or EDITOR to another one.`,
  )
}
