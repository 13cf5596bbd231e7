/**
 * A directory as a zip archive, made while it is sent.
 *
 * - Files are stored, not compressed: what people share is mostly compressed already, and compressing in
 *   JavaScript would hold the engine's thread for seconds.
 * - Symbolic links and what is no file are left out.
 * - The format without its 64-bit extension, which the library lacks, ends at 4 GiB and 65,535 entries. A tree
 *   beyond that is refused before the first byte is sent, never truncated.
 */
import { Zip, ZipPassThrough } from 'fflate'
import { giveBuffer, takeBuffer } from '../buffers.ts'
import type { Directory } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { Budget, entriesOf, inDirectory } from '../files/tree.ts'
import type { Output } from '../http/output.ts'
import { isReserved } from '../paths.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { unlessGone } from './list.ts'

const mostEntries = 65_535
const mostBytes = 2 ** 32 - 1
/** A local header, a descriptor and a central header, their names aside (APPNOTE.TXT, sections 4.3.7, 4.3.9, 4.3.12). */
const headerBytes = 30 + 16 + 46
/** What the format can say: from 1980 to 2107, in steps of two seconds. */
const earliest = Date.UTC(1980, 0, 2)
const latest = Date.UTC(2099, 11, 30)

interface Visitor {
  directory(path: string): Program<void>
  file(path: string, holder: Directory, name: string, size: number, mtimeNs: bigint): Program<void>
}

function* visit(site: Site, top: boolean, directory: Directory, to: Visitor): Program<void> {
  const budget = new Budget(site)
  function* below(here: Directory, prefix: string, depth: number): Program<void> {
    const entries = yield* entriesOf(here)
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const { name, status } of entries) {
      if (top && depth === 1 && isReserved(name)) continue
      budget.spend(depth)
      const path = prefix + name
      if (status?.kind === 'file') yield* to.file(path, here, name, status.size, status.mtimeNs)
      else if (status?.kind === 'directory') {
        yield* to.directory(`${path}/`)
        yield* unlessGone(inDirectory({ directory: here, name }, (inner) => below(inner, `${path}/`, depth + 1)))
      }
    }
  }
  yield* below(directory, '', 1)
}

/** Refuse a tree that one archive cannot hold. @throws Refusal too_large */
export function* admitArchive(site: Site, top: boolean, directory: Directory): Program<void> {
  let entries = 0
  let bytes = 0
  const add = (path: string, size: number) => {
    entries += 1
    bytes += size + headerBytes + 2 * Buffer.byteLength(path)
    if (entries > mostEntries) throw new Refusal('too_large', `an archive holds at most ${mostEntries} entries`)
    if (bytes > mostBytes)
      throw new Refusal('too_large', 'an archive holds at most 4 GiB. Download the files one by one')
  }
  yield* visit(site, top, directory, {
    // biome-ignore lint/correctness/useYield: nothing to wait for
    *directory(path) {
      add(path, 0)
    },
    // biome-ignore lint/correctness/useYield: nothing to wait for
    *file(path, _holder, _name, size) {
      add(path, size)
    },
  })
}

/** Write the archive of a directory. @param top whether it is the shared directory itself */
export function* writeArchive(site: Site, top: boolean, directory: Directory, out: Output): Program<void> {
  const made: Uint8Array[] = []
  const zip = new Zip((error, data) => {
    if (error) throw error
    made.push(data)
  })
  function* flush(): Program<void> {
    for (const piece of made.splice(0)) yield* out.bytes(piece)
  }
  yield* visit(site, top, directory, {
    *directory(path) {
      const entry = new ZipPassThrough(path)
      zip.add(entry)
      entry.push(new Uint8Array(0), true)
      yield* flush()
    },
    *file(path, holder, name, size, mtimeNs) {
      const entry = new ZipPassThrough(path)
      entry.mtime = Math.min(latest, Math.max(earliest, Number(mtimeNs / 1_000_000n)))
      zip.add(entry)
      yield* copyInto(entry, holder, name, size, flush)
    },
  })
  zip.end()
  yield* flush()
}

/** The file's bytes: as many as it had when it was looked at, for what grows meanwhile could pass the format's end. */
function* copyInto(
  entry: ZipPassThrough,
  holder: Directory,
  name: string,
  size: number,
  flush: () => Program<void>,
): Program<void> {
  const fd = yield* call('open', holder, name, 'read')
  const buffer = takeBuffer()
  try {
    let position = 0
    while (position < size) {
      const count = yield* call('read', fd, buffer.subarray(0, size - position), position)
      if (count === 0) break
      position += count
      // What has been pushed may still be referred to when it is written: `flush` copies it out first.
      entry.push(buffer.subarray(0, count))
      yield* flush()
    }
    entry.push(new Uint8Array(0), true)
    yield* flush()
  } finally {
    giveBuffer(buffer)
    yield* call('close', fd)
  }
}
