import { test } from 'tap'
import { secondsOf, statusOf, versionOf } from '../../src/core/status.ts'

/** inode(7): the file type bits of `st_mode`. */
const kinds = [
  [0o100644n, 'file', 0o644],
  [0o104755n, 'file', 0o755],
  [0o040755n, 'directory', 0o755],
  [0o041777n, 'directory', 0o777],
  [0o120777n, 'link', 0o777],
  [0o010644n, 'other', 0o644],
  [0o140755n, 'other', 0o755],
  [0o020666n, 'other', 0o666],
  [0o060660n, 'other', 0o660],
] as const

test('the file type and the permissions', async (t) => {
  for (const [mode, kind, permissions] of kinds) {
    const raw = { mode, size: 5_000_000_000n, mtimeNs: 1_700_000_000_123_456_789n, dev: 66n, ino: 77n }
    t.strictSame(
      statusOf(raw),
      { kind, size: 5_000_000_000, mtimeNs: 1_700_000_000_123_456_789n, device: 66, inode: 77, permissions },
      mode.toString(8),
    )
  }
})

test('a time in seconds is the right one, cut to microseconds', async (t) => {
  let wrong = 0
  for (let at = 0n; at < 2000n; at += 1n) {
    const microseconds = 1_700_000_000_000_000n + at * 999_983n
    // As libuv does: the whole seconds, and of the rest the nanoseconds.
    const seconds = secondsOf(microseconds * 1000n)
    const ns = BigInt(Math.trunc(seconds)) * 1_000_000_000n + BigInt(Math.trunc((seconds % 1) * 1e9))
    if (ns / 1000n !== microseconds) wrong += 1
  }
  t.equal(wrong, 0)
})

test('a configuration file, and another state of it', async (t) => {
  const raw = { mode: 0o100600n, size: 5n, mtimeNs: 7n, dev: 1n, ino: 2n }
  t.equal(versionOf(raw), versionOf({ ...raw }))
  for (const change of [{ size: 6n }, { mtimeNs: 8n }, { dev: 2n }, { ino: 3n }])
    t.not(versionOf({ ...raw, ...change }), versionOf(raw))
  t.throws(() => versionOf({ ...raw, mode: 0o040700n }), { code: 'EINVAL' })
  t.throws(() => versionOf({ ...raw, mode: 0o010600n }), { code: 'EINVAL' }, 'nor a FIFO')
  t.throws(() => versionOf({ ...raw, size: 1_048_577n }), { code: 'EFBIG' })
})
