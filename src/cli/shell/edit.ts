/** Changing a file of the server in an editor of this side, so that nobody's work is lost. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChangedMeanwhile, type Version } from './remote.ts'
import { baseName } from './sides.ts'
import type { Context } from './table.ts'
import { quote } from './words.ts'

export async function edit(context: Context, path: string): Promise<void> {
  const { remote, signal } = context
  const version = await remote.readVersion(path, signal)
  // Nobody else may read it: what is on the server may be secret.
  const directory = await mkdtemp(join(tmpdir(), 'twinserve-edit-'))
  const copy = join(directory, baseName(remote.resolve(path)))
  await writeFile(copy, version.bytes, { mode: 0o600, flag: 'wx' })
  let keep = true
  try {
    keep = await editCopy(context, path, version, copy)
  } finally {
    if (!keep) await rm(directory, { recursive: true, force: true })
  }
}

/** @returns whether the copy is still needed */
async function editCopy(context: Context, path: string, version: Version, copy: string): Promise<boolean> {
  const { VISUAL, EDITOR } = context.environment
  const full = context.remote.resolve(path)
  const kept = `Your copy is kept in ${copy}`
  let failure: unknown
  // As git does: the variable may hold words besides the program.
  await context.runProgram('/bin/sh', ['-c', `${VISUAL || EDITOR || 'vi'} "$@"`, 'edit', copy]).catch((error) => {
    failure = error
  })
  const bytes = await readFile(copy)
  const isSame = Buffer.compare(bytes, version.bytes) === 0
  if (failure !== undefined) {
    context.fail(failure)
    context.print(isSame ? `${full} is as it was.` : `Nothing was stored. ${kept}.`)
    return !isSame
  }
  if (isSame) {
    context.print(`Nothing was changed, and nothing stored.`)
    return false
  }
  try {
    await context.remote.storeVersion(path, { bytes, etag: version.etag }, context.signal)
  } catch (error) {
    try {
      context.fail(error instanceof ChangedMeanwhile ? new ChangedMeanwhile(conflict(full), { cause: error }) : error)
    } finally {
      context.print(`${kept}. To store it all the same: upload -f ${quote(copy)} ${quote(full)}`)
    }
    return true
  }
  context.print(`Stored ${full}.`)
  return false
}

const conflict = (path: string): string =>
  `${path} was changed by somebody else while you edited it, and was not overwritten.`
