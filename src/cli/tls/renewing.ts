/** Using another certificate while the server runs. */
import { printable } from '../printable.ts'
import type { Started } from '../serve-command.ts'
import { UsageError } from '../usage-error.ts'

/** A certificate that is kept is looked at once a day: it is replaced a month before its end. */
const lookEvery = 24 * 60 * 60 * 1000

/**
 * Look for another certificate now and then, and when it is asked for. One that cannot be used changes nothing.
 *
 * @param tell is given what has come of it, in a sentence
 * @returns looks now
 */
export function renewing({ server, secured, certificates }: Started, tell: (sentence: string) => void): () => void {
  if (secured === undefined || certificates === undefined) return () => {}
  let used = secured.fingerprint
  const look = async (asked: boolean): Promise<void> => {
    try {
      const { credentials, fingerprint, warnings } = await certificates()
      if (!asked && fingerprint === used) return
      server.renew(credentials)
      used = fingerprint
      for (const warning of warnings) tell(warning)
      tell(`New connections get the certificate with the SHA-256 fingerprint ${fingerprint}.`)
    } catch (error) {
      const why = error instanceof UsageError ? printable(error.message) : String(error)
      tell(`${why} The certificate that is in use stays in use.`)
    }
  }
  setInterval(() => void look(false), lookEvery).unref()
  return () => void look(true)
}
