/** A process that is stopped at any call: another goes on with what is on disk. */
import t from 'tap'
import { sweep } from '../../../src/core/files/temporary.ts'
import type { Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { concatenate } from '../../../src/core/uploads/concatenate.ts'
import { createUpload } from '../../../src/core/uploads/create.ts'
import { sweepUploads } from '../../../src/core/uploads/expire.ts'
import { everything } from '../../fixtures/access.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'
import { everyStop, stopWhen } from '../../fixtures/steps.ts'
import {
  add,
  begun,
  broken,
  checksumOf,
  content,
  end,
  record,
  resume,
  sha256,
  siteOf,
  stand,
} from '../../fixtures/uploads.ts'

interface Scenario {
  readonly files: () => MemoryFiles
  readonly program: (site: Site) => Program<unknown>
  /** What of the tree may be there before the client comes again. */
  readonly before?: string | undefined
}

const half = content.slice(0, 12)
const rest = content.slice(12)

const scenarios: Readonly<Record<string, Scenario>> = {
  'all of it': { files: () => begun(), program: (site) => add(site, 0, content) },
  'a piece': { files: () => begun(), program: (site) => add(site, 0, half) },
  'the rest': { files: () => begun({}, {}, half), program: (site) => add(site, 12, rest) },
  'the rest, over what is there': {
    files: () => begun({ metadata: 'path bmV3,overwrite' }, { new: 'old' }, half),
    program: (site) => add(site, 12, rest),
    before: 'old',
  },
  'the rest, checked': {
    files: () => begun({}, {}, half),
    program: (site) => add(site, 12, rest, { checksum: checksumOf(rest) }),
  },
  'a checked piece that is wrong': {
    files: () => begun({}, {}, half),
    program: (site) => add(site, 12, 'something else', { checksum: checksumOf(rest) }),
  },
  'a connection that breaks': { files: () => begun(), program: (site) => add(site, 0, broken(half, rest.slice(0, 3))) },
  'too many bytes': { files: () => begun({}, {}, half), program: (site) => add(site, 12, `${rest}#`) },
  'with a digest': {
    files: () => begun({ digests: [['sha-256', sha256(content)]] }, {}, half),
    program: (site) => add(site, 12, rest),
  },
  'a holder that is not known to have ended': {
    files: () => {
      const memory = begun({}, {}, half)
      stopWhen(add(siteOf(memory, 'far'), 12, rest), memory, (line) => line.startsWith('write'))
      memory.owners.set('far', 'unknown')
      return memory
    },
    program: (site) => resume(site),
  },
}

for (const [name, { files, program, before }] of Object.entries(scenarios)) {
  t.test(name, async (t) => {
    const problems: string[] = []
    const places = everyStop(files, program, (memory, what) => {
      const seen = memory.snapshot().new
      if (seen !== before && seen !== content) problems.push(`${what}: the file is ${JSON.stringify(seen)}`)
      const next = siteOf(memory, 'next')
      const outcome = run(resume(next), memory)
      if (outcome !== 'stored' || memory.snapshot().new !== content) {
        problems.push(`${what}: ${outcome}, ${JSON.stringify(memory.snapshot())}`)
      }
      if (run(stand(next), memory).offset !== content.length) problems.push(`${what}: and then it is not there`)
    })
    t.ok(places > 10, `${places} places`)
    t.strictSame(problems, [])
  })
}

t.test('beginning: what is not finished is swept away', async (t) => {
  const problems: string[] = []
  const files = () => new MemoryFiles().tree({ kept: 'kept' })
  const places = everyStop(
    files,
    (site) => createUpload(site, record()),
    (memory, what) => {
      const next = siteOf(memory, 'next')
      if (memory.owners.get('stopped') === 'unknown') next.clock.date += 25 * 60 * 60 * 1000
      run(sweep(next), memory)
      run(sweepUploads(next), memory)
      const uploads = memory.has('.twinserve/uploads') ? [...memory.node('.twinserve/uploads').entries.keys()] : []
      const old = next.clock.date > Number(memory.clock / 1_000_000n)
      if (uploads.length > (old ? 0 : 1)) problems.push(`${what}: ${uploads}`)
      if (Object.keys(memory.temporaries).length > 0) problems.push(`${what}: ${Object.keys(memory.temporaries)}`)
      for (const id of uploads) {
        if (run(stand(next, id), memory).offset !== 0) problems.push(`${what}: it is not whole`)
      }
    },
  )
  t.ok(places > 10, `${places} places`)
  t.strictSame(problems, [])
})

t.test('concatenating: the parts are there until the whole has its name', async (t) => {
  const problems: string[] = []
  const ids = ['first1', 'first3']
  const files = () => {
    const memory = begun({ length: 12, concat: 'partial', metadata: '' }, {}, half)
    const site = siteOf(memory, 'first')
    site.environment.unique()
    site.environment.unique()
    run(createUpload(site, record({ length: rest.length, concat: 'partial', metadata: '' })), memory)
    run(add(site, 0, rest, { id: 'first3' }), memory)
    end(memory, 'first')
    memory.log.length = 0
    return memory
  }
  const final = record({ concat: 'final;/.twinserve/uploads/first1 /.twinserve/uploads/first3' })
  const places = everyStop(
    files,
    (site) => concatenate(site, site.accounts.everybody, final, ids),
    (memory, what) => {
      const seen = memory.snapshot().new
      if (seen !== undefined && seen !== content) problems.push(`${what}: the file is ${JSON.stringify(seen)}`)
      if (seen !== undefined) return
      const next = siteOf(memory, 'next')
      run(concatenate(next, everything, final, ids), memory)
      if (memory.snapshot().new !== content) problems.push(`${what}: it cannot be done again`)
    },
  )
  t.ok(places > 10, `${places} places`)
  t.strictSame(problems, [])
})
