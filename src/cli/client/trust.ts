/** Whom a command is to trust, by its options or the environment. */
import { readFile } from 'node:fs/promises'
import type { ConnectOptions } from '../../client/index.ts'
import { UsageError } from '../usage-error.ts'

/** As it was typed. */
export interface TrustWords {
  readonly fingerprint: string | undefined
  readonly cacert: string | undefined
}

/** The words, or what the environment has in their place. */
export function trustWords({ fingerprint, cacert }: TrustWords, environment: NodeJS.ProcessEnv): TrustWords {
  // An option says whom to trust, and then not the environment too.
  if (fingerprint !== undefined || cacert !== undefined) return { fingerprint, cacert }
  return {
    fingerprint: environment.TWINSERVE_FINGERPRINT || undefined,
    cacert: environment.TWINSERVE_CACERT || undefined,
  }
}

/** @throws UsageError when the file of certificates cannot be used */
export async function trustOf({
  fingerprint,
  cacert,
}: TrustWords): Promise<Pick<ConnectOptions, 'fingerprint' | 'ca'>> {
  return {
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(cacert === undefined ? {} : { ca: await certificatesIn(cacert) }),
  }
}

async function certificatesIn(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new UsageError(`The file ${path} ${why}. Name one with certificates in PEM with --cacert.`)
  })
  if (/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(pem)) return pem
  throw new UsageError(`The file ${path} holds no certificate. Name one with certificates in PEM with --cacert.`)
}
