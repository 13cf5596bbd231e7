import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Test, test } from 'tap'
import { violations } from './fixtures/architecture.ts'

const tsconfig = JSON.stringify({
  compilerOptions: { module: 'NodeNext', allowImportingTsExtensions: true, noEmit: true, types: [] },
  include: ['src'],
})

/** One violation each: the file, what is in it, and what must be said about it. */
const forbidden: readonly (readonly [file: string, source: string, sentence: RegExp])[] = [
  ['src/core/a.ts', "import fs from 'node:fs'", /imports node:fs$/],
  ['src/core/a.ts', "import fs from 'fs'", /imports fs$/],
  ['src/core/a.ts', "import type { Stats } from 'node:fs'", /imports node:fs$/],
  ['src/core/a.ts', "import { type Stats } from 'node:fs/promises'", /imports node:fs\/promises$/],
  ['src/core/a.ts', "export * from 'node:net'", /imports node:net$/],
  ['src/core/a.ts', "export const a = import('node:http')", /imports node:http$/],
  ['src/core/a.ts', 'export const a = (name: string) => import(name)', /not written out$/],
  ['src/core/a.ts', "export type A = typeof import('node:os')", /imports node:os$/],
  ['src/core/a.ts', "export type A = import('node:tls').Server", /imports node:tls$/],
  ['src/core/a.ts', "import { createRequire } from 'node:module'", /imports node:module$/],
  ['src/core/a.ts', "import process from 'node:process'", /imports node:process$/],
  ['src/core/a.ts', "import undici from 'undici'", /the package undici$/],
  ['src/core/a.ts', "import koffi from 'koffi'", /the package koffi$/],
  ['src/core/a.ts', "import { x } from '../sync/x.ts'", /may not import src\/sync$/],
  ['src/core/http/a.ts', "import type { x } from '../../async/x.ts'", /may not import src\/async$/],
  ['src/core/a.ts', "import { x } from '../cli/x.ts'", /may not import src\/cli$/],
  ['src/core/a.ts', 'export const a = Date.now()', /uses Date\.now$/],
  ['src/core/a.ts', "export const a = Date['now']()", /uses Date\.now$/],
  ['src/core/a.ts', 'export const a = new Date()', /uses new Date\(\)$/],
  ['src/core/a.ts', 'export const a = Date()', /uses Date\(\)$/],
  ['src/core/a.ts', 'export const a = performance.now()', /uses performance$/],
  ['src/core/a.ts', 'export const a = process.env', /uses process$/],
  ['src/core/a.ts', 'export const a = { process }', /uses process$/],
  ['src/core/a.ts', 'setTimeout(() => {}, 1)', /uses setTimeout$/],
  ['src/core/a.ts', 'export const a = Math.random()', /uses Math\.random$/],
  ['src/core/a.ts', "export const a = globalThis['process']", /uses globalThis$/],
  ['src/core/a.ts', "console.log('x')", /uses console/],
  ['src/core/a.ts', "import { randomUUID as id } from 'node:crypto'", /uses randomUUID$/],
  ['src/sync/a.ts', "import { x } from '../async/x.ts'", /may not import src\/async$/],
  ['src/sync/a.ts', "import { x } from '../cli/x.ts'", /may not import src\/cli$/],
  ['src/sync/a.ts', "import koffi from 'koffi'", /the package koffi$/],
  ['src/sync/a.ts', 'export async function a(): Promise<void> {}', /uses async/],
  ['src/sync/a.ts', 'export const a = new Promise(() => {})', /uses Promise/],
  ['src/sync/a.ts', 'export const a = Promise.resolve(1)', /uses Promise/],
  ['src/sync/a.ts', 'await 1\nexport {}', /uses await/],
  ['src/sync/a.ts', "console.log('x')", /uses console/],
  ['src/async/a.ts', "import { x } from '../sync/x.ts'", /may not import src\/sync$/],
  ['src/async/a.ts', "import koffi from 'koffi'", /the package koffi$/],
  ['src/async/a.ts', "import { readFileSync } from 'node:fs'", /uses readFileSync/],
  ['src/async/a.ts', "import { readFileSync as read } from 'node:fs'", /uses readFileSync/],
  ['src/async/a.ts', "import fs from 'node:fs'\nfs.closeSync(3)", /uses closeSync/],
  ['src/async/a.ts', 'process.exit(1)', /uses process\.exit:/],
  ['src/async/a.ts', 'process.exitCode = 1', /uses process\.exitCode:/],
  ['src/async/a.ts', 'export const a = process.argv', /uses process\.argv:/],
  ['src/posix/a.ts', "import { x } from '../sync/x.ts'", /may not import src\/sync$/],
  ['src/core/a.ts', "import { x } from '../posix/x.ts'", /may not import src\/posix$/],
  ['src/tls/a.ts', "import { x } from '../async/x.ts'", /may not import src\/async$/],
  ['src/core/a.ts', "import { x } from '../tls/x.ts'", /may not import src\/tls$/],
  ['src/client/a.ts', "import { x } from '../async/x.ts'", /may not import src\/async$/],
  ['src/web/a.ts', "import { x } from '../core/x.ts'", /may not import src\/core$/],
  ['src/web/a.ts', "import fs from 'node:fs'", /imports node:fs$/],
  ['src/cli/a.ts', "import tap from 'tap'", /the package tap$/],
  ['src/index.ts', "import { x } from './cli/x.ts'", /may not import src\/cli$/],
  ['src/other/a.ts', "import { x } from '../core/x.ts'", /not in the table/],
]

/** What looks like a violation and is none. */
const allowed: readonly (readonly [file: string, source: string])[] = [
  ['src/core/a.ts', "// import fs from 'node:fs'\nexport const a = \"import fs from 'node:fs'\""],
  ['src/core/a.ts', "import { createHash } from 'node:crypto'\nimport x from 'undici/lib/llhttp/llhttp-wasm.js'"],
  ['src/core/a.ts', 'export const a = (time: number) => new Date(time).getTime() + Date.UTC(1970)'],
  ['src/core/a.ts', 'export const a = { process: 1, console: 2 }\nexport const b = a.process'],
  ['src/core/a.ts', 'export interface A { process: string; performance(): void }'],
  ['src/sync/a.ts', "import { readSync } from 'node:fs'\nimport { x } from '../core/x.ts'\nexport const f = readSync"],
  ['src/posix/a.ts', "import koffi from 'koffi'\nimport { x } from '../core/x.ts'"],
  ['src/sync/a.ts', "import { x } from '../posix/x.ts'"],
  ['src/cli/a.ts', "export const a = () => import('../posix/x.ts')"],
  ['src/async/a.ts', "import { x } from '../posix/x.ts'\nexport const a = () => import('../posix/y.ts')"],
  ['src/async/file-thread.ts', "import fs from 'node:fs'\nfs.readSync(3, new Uint8Array(1))"],
  ['src/sync/serve.ts', 'export async function a(): Promise<void> { await 1 }'],
  ['src/sync/threads.ts', 'export async function a(): Promise<void> { await 1 }'],
  ['src/async/a.ts', 'export async function a(): Promise<void> { await 1 }'],
  ['src/web/a.ts', "import type { x } from '../core/x.ts'"],
  ['src/cli/a.ts', "import { x } from '../sync/x.ts'\nconsole.log(process.argv)\nprocess.exit(1)"],
  ['src/index.ts', "export const a = () => import('./sync/x.ts')"],
]

test('src keeps the rules', async (t) => {
  t.same(violations(process.cwd()), [])
})

test('every rule can fail', async (t) => {
  const { files, found } = check(t, forbidden)
  for (const [number, [, source, sentence]] of forbidden.entries()) {
    const said = found.filter((line) => line.startsWith(`${files[number]}:`))
    t.match(said, [sentence], `${files[number]}: ${source}`)
  }
})

test('what only looks like a violation passes', async (t) => {
  t.same(check(t, allowed).found, [])
})

/** Checks a project that has one file for each case. */
function check(t: Test, cases: readonly (readonly [file: string, source: string, ...rest: unknown[]])[]) {
  const project = t.testdir({ 'tsconfig.json': tsconfig })
  const files = cases.map(([file], number) => file.replace('/a.ts', `/a${number}.ts`))
  for (const [number, [, source]] of cases.entries()) {
    const path = join(project, files[number] as string)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source)
  }
  return { files, found: violations(project) }
}
