/** The event-loop engine's calls for who may log in: hashing a password, which a thread of Node's pool does, and reading who there is. */
import { scrypt } from 'node:crypto'
import fs from 'node:fs'
import { scryptOptions } from '../core/access/passwords.ts'
import { versionOf } from '../core/status.ts'
import type { LaterCalls } from './run.ts'

// Windows has no O_NONBLOCK, and no FIFOs that it is for.
const { O_RDONLY, O_NONBLOCK = 0 } = fs.constants as Partial<typeof fs.constants>

export const secretCalls: Pick<LaterCalls, 'scrypt' | 'readConfiguration'> = {
  scrypt: (password, salt, cost, length) =>
    new Promise((resolve, reject) => {
      scrypt(password, salt, length, scryptOptions(cost), (error, hash) =>
        error === null ? resolve(hash) : reject(error),
      )
    }),
  async readConfiguration(path, known) {
    const file = await fs.promises.open(path, (O_RDONLY ?? 0) | O_NONBLOCK)
    try {
      const version = versionOf(await file.stat({ bigint: true }))
      return version === known ? undefined : { text: await file.readFile('utf8'), version }
    } finally {
      await file.close()
    }
  },
}
