/** The certificate and the key that somebody else has made, in two files. */
import { readFile, stat } from 'node:fs/promises'
import { checkCredentials } from '../../tls/certificate.ts'
import { UsageError } from '../usage-error.ts'
import type { Secured } from './secured.ts'

/** For the group to write, and for all others to do anything: whoever can read the key can be the server. */
const tooOpen = 0o027

/** @throws UsageError, CertificateError */
export async function fromFiles(cert: string, key: string): Promise<Secured> {
  const credentials = { cert: await textOf(cert, 'tls-cert'), key: await textOf(key, 'tls-key') }
  const checked = checkCredentials(credentials, { cert, key }, Date.now())
  const open = await warningOf(key)
  return { credentials, ...checked, warnings: [...checked.warnings, ...open] }
}

async function textOf(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read by you' : `cannot be read (${code})`
    throw new UsageError(`The file ${path} ${why}. Name another with --${option}.`)
  }
}

/** Windows has other permissions, which are not looked at. */
async function warningOf(path: string): Promise<readonly string[]> {
  const { mode } = await stat(path)
  if (process.platform === 'win32' || (mode & tooOpen) === 0) return []
  return [`Others may read or change the key in ${path}. Let only its owner: chmod 600 ${path}`]
}
