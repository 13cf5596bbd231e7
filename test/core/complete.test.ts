/** Every module of the core is loaded, so that one that no test uses counts as not covered rather than not at all. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'

test('every module of the core can be loaded by itself', async (t) => {
  const core = join(process.cwd(), 'src/core')
  const files = (await readdir(core, { recursive: true })).filter((name) => /(?<!\.d)\.ts$/.test(name)).sort()
  t.ok(files.length > 10, 'the core is there')
  for (const file of files) await t.resolves(import(join(core, file)), file)
})
