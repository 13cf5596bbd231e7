/** The half of typescript.js that Node runs on its loader thread. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { transform } from '@swc/wasm-typescript'

export async function load(url, context, next) {
  const { protocol, pathname } = new URL(url)
  if (protocol !== 'file:' || !pathname.endsWith('.ts')) return next(url, context)
  const filename = fileURLToPath(url)
  const { code } = await transform(await readFile(filename, 'utf8'), { mode: 'strip-only', module: true, filename })
  return { format: 'module', source: `${code}\n//# sourceURL=${url}`, shortCircuit: true }
}
