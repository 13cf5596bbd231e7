/** The directory that is shared in a scenario, and what is asked of it. */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Target } from '../load/order.ts'
import type { Asked } from '../scenarios.ts'
import { largeBytes, largePath } from './company.ts'

const nameOf = (asked: Asked): string => {
  if ('file' in asked) return `file-${asked.file}`
  return 'listing' in asked ? `listing-${asked.listing}` : `store-${asked.store}`
}

/** Make everything that is asked for, and what company asks for besides. */
export function makeShare(root: string, asked: readonly Asked[], large: boolean): void {
  fs.mkdirSync(root, { recursive: true })
  fs.writeFileSync(path.join(root, 'small'), randomBytes(1024))
  if (large) fs.writeFileSync(path.join(root, largePath), Buffer.alloc(largeBytes, 'large'))
  for (const each of asked) {
    const place = path.join(root, nameOf(each))
    // Bytes that differ everywhere: that a piece is missing or comes twice is seen.
    if ('file' in each) fs.writeFileSync(place, randomBytes(each.file))
    else fs.mkdirSync(place)
    if (!('listing' in each)) continue
    for (let entry = 0; entry < each.listing; entry += 1) fs.writeFileSync(path.join(place, `entry-${entry}.txt`), '')
  }
}

/** @param run a name that no other run has: what is stored must be new */
export function targetsOf(root: string, asked: readonly Asked[], run: string): Target[] {
  return asked.map((each): Target => {
    const [name, weight] = [nameOf(each), each.weight ?? 1]
    if ('file' in each) return { method: 'GET', path: `/${name}`, status: 200, expected: path.join(root, name), weight }
    if ('listing' in each) return { method: 'GET', path: `/${name}/?json`, status: 200, weight }
    fs.mkdirSync(path.join(root, name, run))
    return { method: 'PUT', path: `/${name}/${run}/{n}`, bodyBytes: each.store, status: 201, weight }
  })
}
