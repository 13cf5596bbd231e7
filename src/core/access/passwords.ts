/**
 * How passwords are kept: as scrypt hashes (RFC 7914) in the PHC string format
 * (https://github.com/P-H-C/phc-string-format), `$scrypt$ln=15,r=8,p=1$SALT$HASH`.
 *
 * - What is hashed is the password in Unicode's composed form (NFC), as UTF-8, so that it does not matter how it was typed
 *   (RFC 8265, section 4.2; RFC 7617, section 2.1).
 * - Comparing takes the same time whatever the two are.
 */
import { timingSafeEqual } from 'node:crypto'
import type { ScryptCost } from '../calls.ts'
import { call, type Program } from '../program.ts'

/** A password, as it is kept. */
export interface PasswordHash {
  readonly cost: ScryptCost
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/**
 * What a new hash costs: 32 MiB and, on the machine that this was chosen on, 0.1 s. It could be more if nobody else had to
 * wait for it; in the blocking engine all do. How often it is done is bounded (`limits.logins`).
 */
export const defaultCost: ScryptCost = { ln: 15, r: 8, p: 1 }

/** Bytes of a new hash, and of its salt. */
export const hashBytes = 32
export const saltBytes = 16

/** Memory that checking a password may take, in bytes: a file must not be able to ask for all there is. */
const mostMemory = 256 * 1024 * 1024

const phc = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{4,})\$([A-Za-z0-9+/]{22,})$/

/** The memory that a cost means, in bytes (RFC 7914, section 2). */
export function memoryOf({ ln, r, p }: ScryptCost): number {
  return 128 * r * (2 ** ln + p)
}

/** @returns undefined when it is none that can be checked */
export function parseHash(text: string): PasswordHash | undefined {
  const m = phc.exec(text)
  if (m === null) return undefined
  const cost = { ln: Number(m[1]), r: Number(m[2]), p: Number(m[3]) }
  if (cost.ln < 1 || cost.r < 1 || cost.p < 1 || memoryOf(cost) > mostMemory) return undefined
  return { cost, salt: Buffer.from(m[4] as string, 'base64'), hash: Buffer.from(m[5] as string, 'base64') }
}

/** What Node's `scrypt` takes. It refuses what takes more memory than it was told. */
export function scryptOptions(cost: ScryptCost): { N: number; r: number; p: number; maxmem: number } {
  return { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 2 * memoryOf(cost) }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')

export function formatHash({ cost: { ln, r, p }, salt, hash }: PasswordHash): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
}

/** A password as it is hashed. */
export function bytesOf(password: string): Uint8Array {
  return Buffer.from(password.normalize('NFC'))
}

/** Whether it is the password. The work is the same whether it is or not. */
export function* verify(password: string, { cost, salt, hash }: PasswordHash): Program<boolean> {
  return timingSafeEqual(yield* call('scrypt', bytesOf(password), salt, cost, hash.length), hash)
}
