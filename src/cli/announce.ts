/** What is printed once the server accepts connections. */
import { resolve } from 'node:path'
import { actions } from '../core/policy.ts'
import { reachable } from './bind.ts'
import { printable } from './printable.ts'
import type { Started } from './serve-command.ts'
import type { Secured } from './tls/secured.ts'

/** The one line that programs wait for. */
export function startLine({ mode, options, server }: Started): string {
  const { threads = 1, workers = 1 } = options
  const several = threads > 1 ? `, ${threads} threads` : workers > 1 ? `, ${workers} workers` : ''
  return `twinserve (${mode}${several}) listening on ${server.url}`
}

/** The line by which clients can be told whom to trust. */
export function fingerprintLine({ fingerprint }: Secured): string {
  return `  certificate SHA-256 ${fingerprint}`
}

/** What a person wants to know besides. */
export function details({ options, server }: Started): readonly string[] {
  const { allow = actions } = options
  const all = allow.length === actions.length
  const rights = options.readOnly ? 'for reading only' : all ? 'for reading and writing' : `to ${allow.join(', ')}`
  return [
    `  shares ${printable(resolve(options.root))} ${rights}`,
    ...reachable(server.address, undefined, options.tls !== undefined).map((url) => `  reachable at ${url}`),
    '  stop it with Ctrl-C',
  ]
}
