/**
 * The certificate that signs itself: made once, and kept in `$XDG_STATE_HOME/twinserve`, so that who trusts it by its
 * fingerprint can go on doing so.
 *
 * - Key and certificate are in one file, which takes its name in one step: two servers that are started at once end up
 *   with the same one.
 * - A new certificate is made when the old one is about to expire, or lacks a name that it is to have. A new address of the
 *   machine alone is no reason: it would cost everybody's trust whenever a notebook changes networks. The key stays.
 */
import { randomUUID } from 'node:crypto'
import { chmod, link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { makeDirectories } from '../../client/directories.ts'
import { CertificateError, type Checked, checkCredentials } from '../../tls/certificate.ts'
import { UsageError } from '../usage-error.ts'
import type { Secured } from './secured.ts'

const day = 24 * 60 * 60 * 1000
/** How long before its end a certificate is replaced. */
const renewDays = 30

/**
 * @param directory where it is kept
 * @param names names and addresses for a certificate that has to be made
 * @throws UsageError
 */
export async function selfSigned(directory: string, names: readonly string[], now = Date.now()): Promise<Secured> {
  const file = join(directory, 'self-signed.pem')
  try {
    await makeDirectories(directory, 0o700)
    const found = await kept(file)
    if (found !== undefined && isGood(found, names, now)) return found
    await make(file, names, now, found && keyIn(found.credentials.key))
    return (await kept(file)) as Secured
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new UsageError(
      `The certificate cannot be kept in ${file} (${code}). ` +
        'Let XDG_STATE_HOME name a directory that you may write to, or give a certificate of your own with --tls-cert and --tls-key.',
    )
  }
}

/** @returns undefined when there is none */
async function kept(file: string): Promise<Secured | undefined> {
  let pem: string
  try {
    pem = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  // Whoever has changed the permissions has not changed who is meant to read it.
  await chmod(file, 0o600)
  const credentials = { cert: pem, key: pem }
  try {
    // At whatever time: one that has expired is replaced.
    return { credentials, ...checkCredentials(credentials, { cert: file, key: file }, undefined) }
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new UsageError(
      `${error.message} Or delete ${file}, and a new certificate is made; who trusted the old one must then be told its fingerprint.`,
    )
  }
}

function isGood({ until, names: has }: Checked, wanted: readonly string[], now: number): boolean {
  return until - now > renewDays * day && wanted.every((name) => isIP(name) !== 0 || has.includes(name))
}

/** @param key of the certificate that is replaced: undefined for the first */
async function make(file: string, names: readonly string[], now: number, key: string | undefined): Promise<void> {
  const { makeSelfSigned } = await import('../../tls/self-signed.ts')
  const made = makeSelfSigned({ names, now }, key)
  const draft = `${file}.${randomUUID()}`
  try {
    await writeFile(draft, made.cert + keyIn(made.key), { mode: 0o600, flag: 'wx' })
    // The first: whoever else makes one just now may have been faster, and then that is the one.
    if (key === undefined) await link(draft, file).catch(unlessThere)
    else await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

/** The key alone, of a file that has its certificate before it. */
function keyIn(pem: string): string {
  return pem.slice(pem.indexOf('-----BEGIN PRIVATE KEY-----'))
}
