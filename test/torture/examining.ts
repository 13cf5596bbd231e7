/** Looking at what a power cut has left: first at the files as they are, then through a server that starts on them. */
import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { markOf, type Owner, ownerName, parseOwner } from '../../src/core/owner.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { contentOf, digestOf } from './random.ts'
import type { Recording } from './recording.ts'
import { type EngineName, type Server, withServer } from './server.ts'
import { commons } from './sharer.ts'
import { allowed, below, candidates, describe, directory, type State } from './states.ts'
import { treeOf } from './tree.ts'

const temporary = '.twinserve/temporary'

/** What was asked of one image. */
export interface Findings {
  /** Operations acknowledged before the cut. */
  readonly acknowledged: number
  /** Operations begun before it and acknowledged after it. */
  readonly inFlight: number
  /** Files that were read and compared. */
  readonly files: number
  /** What lay in `.twinserve/temporary`. */
  readonly temporaries: number
  /** What was promised and is not there, or is there and was never asked for, in words. */
  readonly losses: readonly string[]
  /** What is wrong with the server that was started on it. */
  readonly faults: readonly string[]
}

/** @param root the shared directory as the cut has left it @param cut how many events had happened */
export async function examine(engine: EngineName, recording: Recording, root: string, cut: number): Promise<Findings> {
  const tree = treeOf(root)
  const every = [...recording.owners.flatMap((owner) => owner.steps), ...[...recording.changes.values()].flat()]
  const left = temporariesIn(root)
  for (const name of left) renameSync(join(root, temporary, name), join(root, temporary, ofAnEarlierBoot(name)))
  return {
    acknowledged: every.filter(({ acknowledged }) => acknowledged <= cut).length,
    inFlight: every.filter(({ begun, acknowledged }) => begun < cut && acknowledged > cut).length,
    files: [...tree.values()].filter((value) => value !== directory).length,
    temporaries: left.length,
    losses: [...wrongStates(recording, tree, cut), ...wrongValues(recording, tree, cut)],
    faults: await withServer(engine, { root }, ({ address }) => restarted(address, root, tree)),
  }
}

/** Directories that are in a state that nothing explains. */
function wrongStates(recording: Recording, tree: State, cut: number): string[] {
  return recording.owners.flatMap((owner) => {
    const inside = new Map(below(tree, owner.name).map(([path, value]) => [path.slice(owner.name.length + 1), value]))
    const found = describe(inside)
    const wanted = allowed(new Map(), owner.steps, cut).map(describe)
    if (tree.get(owner.name) === directory && wanted.includes(found)) return []
    return [`/${owner.name} holds [${found}], not ${wanted.map((each) => `[${each}]`).join(' or ')}`]
  })
}

/** Shared names that have what nothing explains. */
function wrongValues(recording: Recording, tree: State, cut: number): string[] {
  return [...recording.changes].flatMap(([name, changes]) => {
    const found = tree.get(`${commons}/${name}`)
    return candidates(changes, cut).includes(found) ? [] : [`/${commons}/${name} has ${found ?? 'nothing'}`]
  })
}

/** After a power cut the machine has been booted anew. */
function ofAnEarlierBoot(name: string): string {
  const [owner = '', unique] = name.split('.')
  return `${ownerName({ ...(parseOwner(owner) as Owner), boot: markOf('an earlier boot') })}.${unique}`
}

function temporariesIn(root: string): string[] {
  const path = join(root, temporary)
  return existsSync(path) ? readdirSync(path) : []
}

/**
 * A server has started on what is left: nothing of the one before may stay behind, and what is there must be served. It is one in a process
 * of its own, because the memory that it maps would keep the file system mounted as long as the process runs.
 */
async function restarted(address: Server['address'], root: string, tree: State): Promise<string[]> {
  const wrong = temporariesIn(root).map((name) => `the temporary ${name} stays`)
  const client = await RawClient.connect(address)
  const ask = async (method: string, path: string, body?: Buffer) => {
    await client.send(message(method, `/${path}`, {}, body))
    return await client.answer(method)
  }
  const files = [...tree].filter(([path, value]) => value !== directory && !path.startsWith('.twinserve'))
  for (const [path, value] of files.slice(0, 3)) {
    const { status, body } = await ask('GET', path)
    if (status !== 200 || digestOf(body) !== value) wrong.push(`GET /${path}: ${status}, or not what is there`)
  }
  const { status } = await ask('PUT', 'stored-after', contentOf('after', 5000))
  if (status !== 201) wrong.push(`PUT: ${status}`)
  client.destroy()
  return wrong
}
