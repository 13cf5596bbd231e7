/** A server on a disk that remembers, and clients that keep it busy: everything that is needed to tell what a cut leaves. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mounted, run } from './commands.ts'
import { type Event, RecordingDisk } from './disk.ts'
import { Owner } from './owner.ts'
import { randomFrom } from './random.ts'
import { type EngineName, withServer } from './server.ts'
import { commons, Sharer, shared } from './sharer.ts'
import type { Change } from './states.ts'

export interface Wanted {
  readonly engine: EngineName
  readonly fsync: boolean
  readonly seed: number
  /** Options of mkfs.ext4. */
  readonly format: readonly string[]
  /** How many are begun before the clients stop. */
  readonly operations: number
  /** Clients with a directory of their own. One alone cannot profit from what is flushed for others. */
  readonly owners: number
  /** Clients that share names. */
  readonly sharers: number
}

export interface Recording {
  /** The disk before anything was asked for. */
  readonly base: Buffer
  readonly log: readonly Event[]
  readonly owners: readonly Owner[]
  /** Of the shared names. */
  readonly changes: ReadonlyMap<string, readonly Change[]>
}

/**
 * Nothing reaches the disk by the mere passing of time (`commit`), nor because ext4 takes a file that replaces another
 * for one that should have been flushed (`noauto_da_alloc`, ext4(5)).
 */
export const mountOptions = 'commit=300,noauto_da_alloc'
/** On the disk. */
export const share = 'share'
const diskBytes = 48 * 1024 * 1024

/** A new file system, with a directory for each client. */
async function formatted(scratch: string, { format, owners }: Wanted): Promise<Buffer> {
  const work = mkdtempSync(join(scratch, 'format-'))
  try {
    for (let index = 0; index < owners; index += 1) mkdirSync(join(work, share, `c${index}`), { recursive: true })
    mkdirSync(join(work, share, commons))
    const image = `${work}.image`
    writeFileSync(image, '')
    truncateSync(image, diskBytes)
    const words = [
      '-q',
      '-F',
      '-b',
      '4096',
      '-N',
      '2048',
      '-E',
      'lazy_itable_init=0,lazy_journal_init=0,nodiscard',
      '-d',
      work,
      ...format,
      image,
    ]
    await run('mkfs.ext4', words)
    const bytes = readFileSync(image)
    rmSync(image)
    return bytes
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Let the clients work. @param scratch a directory to work in */
export async function record(scratch: string, wanted: Wanted): Promise<Recording> {
  const base = await formatted(scratch, wanted)
  const [path, where] = [join(scratch, `disk${wanted.seed}`), join(scratch, 'mounted')]
  mkdirSync(where, { recursive: true })
  const disk = await RecordingDisk.attach(path, Buffer.from(base))
  try {
    return await mounted(path, where, mountOptions, async () => {
      const clients = clientsOf(wanted, disk)
      const wishes = { root: join(where, share), fsync: wanted.fsync }
      await withServer(wanted.engine, wishes, async ({ address }) => {
        const enough = () => disk.notes >= 2 * wanted.operations
        await Promise.all([...clients.owners, ...clients.sharers].map((client) => client.work(address, enough)))
      })
      // What unmounting will write is not part of it.
      return { base, log: disk.log.slice(), owners: clients.owners, changes: clients.changes }
    })
  } finally {
    await disk.detach()
  }
}

function clientsOf({ seed, owners, sharers }: Wanted, disk: RecordingDisk) {
  const random = (which: number) => randomFrom(seed * 1000 + which)
  const changes = new Map<string, Change[]>(shared.map((name) => [name, []]))
  return {
    changes,
    owners: Array.from({ length: owners }, (_, at) => new Owner(`c${at}`, random(at), disk)),
    sharers: Array.from({ length: sharers }, (_, at) => new Sharer(`s${at}`, random(100 + at), disk, changes)),
  }
}
