/** Where a server's certificate comes from, by its settings. */
import { randomBytes } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import { domainToASCII } from 'node:url'
import type { Credentials, ListenAddress, ServeOptions } from '../../core/options.ts'
import { CertificateError, type Checked } from '../../tls/certificate.ts'
import type { Settings } from '../settings.ts'
import { historyFile } from '../shell/history.ts'
import { UsageError } from '../usage-error.ts'

/** What a server can use, and what is known of it. */
export interface Secured extends Checked {
  readonly credentials: Credentials
}

/** Looks for it: at the start, and again when it may have changed. @throws UsageError */
export type Certificates = () => Promise<Secured>

/** 48 bytes: a name and two keys. */
const ticketKeyBytes = 48

/**
 * @param listen where the server listens
 * @returns undefined when no TLS is spoken
 * @throws UsageError for settings that do not go together
 */
export function certificatesOf(
  settings: Settings,
  listen: ServeOptions['listen'],
  environment: NodeJS.ProcessEnv,
): Certificates | undefined {
  const { tls, 'tls-cert': cert, 'tls-key': key } = settings
  if (tls === 'self-signed') {
    if (cert !== undefined || key !== undefined) {
      throw new UsageError('--tls self-signed makes a certificate, and --tls-cert names one. Leave one of them out.')
    }
    const names = namesFor(settings['host-name'] ?? [], 'fd' in listen ? listen.address : listen)
    const directory = dirname(historyFile(environment))
    return looking(async () => (await import('./kept.ts')).selfSigned(directory, names))
  }
  if (tls === 'off' || (cert === undefined && key === undefined)) return undefined
  if (key === undefined)
    throw new UsageError('--tls-cert needs the key of the certificate, too. Name it with --tls-key.')
  if (cert === undefined)
    throw new UsageError('--tls-key needs the certificate of the key, too. Name it with --tls-cert.')
  return looking(async () => (await import('./files.ts')).fromFiles(cert, key))
}

function looking(look: Certificates): Certificates {
  return async () => {
    try {
      const found = await look()
      return { ...found, credentials: { ...found.credentials, ticketKeys: randomBytes(ticketKeyBytes) } }
    } catch (error) {
      throw error instanceof CertificateError ? new UsageError(error.message) : error
    }
  }
}

/** By what this machine, and a server on it, may be reached: the name that a person knows first. */
function namesFor(asked: readonly string[], listen: ListenAddress): readonly string[] {
  const own = hostname().toLowerCase()
  const names = [...asked, own, `${own}.local`, 'localhost'].map((name) => domainToASCII(name.replace(/\.$/, '')))
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    // A link-local IPv6 address needs a zone, which no certificate has.
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address }) => address)
  const bound = 'path' in listen ? [] : [listen.host]
  return [...new Set([...names, '127.0.0.1', '::1', ...bound, ...addresses])].filter(
    (name) => name !== '' && !/^(0\.0\.0\.0|::)$/.test(name) && !name.includes('%'),
  )
}
