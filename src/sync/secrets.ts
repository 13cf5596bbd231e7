/** The blocking engine's calls for who may log in: hashing a password, which holds the thread for as long as it takes, and reading who there is. */
import { scryptSync } from 'node:crypto'
import fs from 'node:fs'
import { scryptOptions } from '../core/access/passwords.ts'
import type { Calls } from '../core/calls.ts'
import { versionOf } from '../core/status.ts'

// Windows has no O_NONBLOCK, and no FIFOs that it is for.
const { O_RDONLY, O_NONBLOCK = 0 } = fs.constants as Partial<typeof fs.constants>

export const secretCalls: Pick<Calls, 'scrypt' | 'readConfiguration'> = {
  scrypt: (password, salt, cost, length) => scryptSync(password, salt, length, scryptOptions(cost)),
  readConfiguration(path, known) {
    const fd = fs.openSync(path, (O_RDONLY ?? 0) | O_NONBLOCK)
    try {
      const version = versionOf(fs.fstatSync(fd, { bigint: true }))
      return version === known ? undefined : { text: fs.readFileSync(fd, 'utf8'), version }
    } finally {
      fs.closeSync(fd)
    }
  },
}
