/**
 * Two requests for one upload, by turns: the one goes so many calls far, then the other, then the first to its end, then the
 * second. All such schedules are tried, and others made up at random.
 *
 * Whatever comes of it, the bytes under the name are the right ones, nobody is told of bytes that are not there, and a client
 * that comes later gets its upload finished.
 */
import fc from 'fast-check'
import t from 'tap'
import { type Refusal, refusalOf } from '../../../src/core/errors.ts'
import { store } from '../../../src/core/files/store.ts'
import { sweep } from '../../../src/core/files/temporary.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import type { Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { inUpload } from '../../../src/core/uploads/place.ts'
import { terminate } from '../../../src/core/uploads/terminate.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import type { MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'
import { Stepper, stopWhen } from '../../fixtures/steps.ts'
import { add, begun, broken, checksumOf, content, end, resume, sha256, siteOf, stand } from '../../fixtures/uploads.ts'

interface Meeting {
  readonly files: () => MemoryFiles
  readonly one: (site: Site) => Program<unknown>
  readonly two: (site: Site) => Program<unknown>
  /** Whether both do the same, so that it does not matter which of them begins. */
  readonly alike?: boolean
  /** What is known of each to the other, and later. */
  readonly known?: 'running' | 'unknown'
  /** How a client that comes later may fare. */
  readonly later?: RegExp
}

const half = content.slice(0, 12)
const rest = content.slice(12)
const ending = (site: Site) => inUpload(site, site.accounts.everybody, 'first1', (upload) => terminate(site, upload))
const put = (site: Site) =>
  store(site, site.accounts.everybody, { path: pathFromText('new'), source: sourceOf('theirs'), replace: false })

const meetings: Readonly<Record<string, Meeting>> = {
  'both send the rest': {
    alike: true,
    files: () => begun({}, {}, half),
    one: (site) => add(site, 12, rest),
    two: (site) => add(site, 12, rest),
  },
  'both send all': {
    alike: true,
    files: () => begun(),
    one: (site) => add(site, 0, content),
    two: (site) => add(site, 0, content),
  },
  'both send a piece': {
    files: () => begun({}, {}, half),
    one: (site) => add(site, 12, rest.slice(0, 7)),
    two: (site) => add(site, 12, rest.slice(0, 9)),
  },
  'one is checked, and wrong': {
    files: () => begun({}, {}, half),
    one: (site) => add(site, 12, 'something else', { checksum: checksumOf(rest) }),
    two: (site) => add(site, 12, rest),
  },
  'one is checked, and right': {
    files: () => begun({}, {}, half),
    one: (site) => add(site, 12, rest, { checksum: checksumOf(rest) }),
    two: (site) => add(site, 12, rest),
  },
  'one breaks off, the other resumes': {
    files: () => begun(),
    one: (site) => add(site, 0, broken(half, rest.slice(0, 5))),
    two: (site) => resume(site),
  },
  'both resume, and nothing is known of either': {
    alike: true,
    files: () => begun({ digests: [['sha-256', sha256(content)]] }, {}, half),
    one: (site) => resume(site),
    two: (site) => resume(site),
    known: 'unknown',
  },
  'both find one that was left half done': {
    alike: true,
    files: () => {
      const memory = begun({}, {}, half)
      stopWhen(add(siteOf(memory, 'far'), 12, rest), memory, (line) => line.startsWith('write'))
      end(memory, 'far', 'unknown')
      return memory
    },
    one: (site) => resume(site),
    two: (site) => resume(site),
  },
  'both find one that was left without its name': {
    alike: true,
    files: () => {
      const memory = begun({}, {}, half)
      stopWhen(add(siteOf(memory, 'far'), 12, rest), memory, (line) => line.startsWith('link'))
      end(memory, 'far', 'unknown')
      return memory
    },
    one: (site) => stand(site),
    two: (site) => stand(site),
    known: 'unknown',
  },
  'one ends it': {
    files: () => begun({}, {}, half),
    one: (site) => add(site, 12, rest),
    two: ending,
    later: /^(stored|not_found|upload_gone)$/,
  },
  'one ends it, and nothing is known of the other': {
    files: () => begun({}, {}, half),
    one: (site) => add(site, 12, rest),
    two: ending,
    known: 'unknown',
    later: /^(stored|not_found|upload_gone)$/,
  },
  'somebody takes the name': {
    files: () => begun({}, {}, half),
    one: (site) => add(site, 12, rest),
    two: put,
    later: /^(stored|exists|not_found|upload_gone)$/,
  },
}

/** Whose turn it is, again and again, until both have ended. */
type Turns = (one: Stepper, two: Stepper) => void

function toEnd(...steppers: Stepper[]): void {
  for (let busy = true; busy; ) {
    busy = false
    for (const stepper of steppers) while (stepper.step()) busy = true
  }
}

function problemsOf(meeting: Meeting, turns: Turns): string[] {
  const memory = meeting.files()
  const openBefore = memory.openCount
  const [a, b] = [siteOf(memory, 'one'), siteOf(memory, 'two')]
  for (const owner of ['one', 'two']) memory.owners.set(owner, meeting.known ?? 'running')
  const steppers = [new Stepper(meeting.one(a), memory), new Stepper(meeting.two(b), memory)] as const
  turns(...steppers)
  toEnd(...steppers)
  const found = [...memory.mistakes]
  for (const stepper of steppers) {
    if (!stepper.ended) found.push('it hangs')
    if (refusalOf(stepper.error, '').code === 'internal' && stepper.error !== undefined) found.push(`${stepper.error}`)
  }
  if (memory.openCount !== openBefore) found.push(`${memory.openCount - openBefore} descriptors are open`)
  const told = steppers.map(({ value }) =>
    typeof value === 'number' ? value : value === 'stored' ? content.length : 0,
  )
  const seen = memory.snapshot().new
  const outcomes = steppers.map(({ value, error }) => (error === undefined ? String(value) : refusalOf(error, '').code))
  if (seen !== undefined && seen !== content && seen !== 'theirs') found.push(`the file is ${seen}`)
  if (Math.max(...told) === content.length && seen === undefined) found.push(`told that it is stored: ${outcomes}`)
  for (const owner of ['one', 'two']) end(memory, owner)
  const next = siteOf(memory, 'next')
  const least = Math.max(...told)
  try {
    const { offset } = run(stand(next), memory)
    if (offset < least) found.push(`${least} bytes were acknowledged, ${offset} are there`)
  } catch (error) {
    if (!(meeting.later ?? /^$/).test((error as Refusal).code)) found.push(`nobody can go on: ${error}`)
  }
  const outcome = run(resume(next), memory)
  if (!(meeting.later ?? /^stored$/).test(outcome)) found.push(`later: ${outcome}`)
  if (outcome === 'stored' && memory.snapshot().new !== content)
    found.push(`stored, but ${JSON.stringify(memory.snapshot())}`)
  // What is ended while it is written to may be found to be not empty.
  run(sweep(next), memory)
  if (Object.keys(memory.temporaries).length > 0) found.push(`left over: ${Object.keys(memory.temporaries)}`)
  return found.map((problem) => `${problem} (${outcomes})`)
}

function step(stepper: Stepper, times: number): void {
  for (let made = 0; made < times; made += 1) stepper.step()
}

/** How many calls a program makes where nobody comes between. */
function callsOf({ files }: Meeting, program: Meeting['one']): number {
  const memory = files()
  memory.log.length = 0
  toEnd(new Stepper(program(siteOf(memory, 'one')), memory))
  return memory.log.length
}

/** The first calls only open what the upload lies in: nothing can come between them. */
const opening = 4

/** The first goes so many calls far, then the second, then the first to its end. */
function inThreeTurns(i: number, j: number): Turns {
  return (first, second) => {
    step(first, i)
    step(second, j)
    toEnd(first)
  }
}

for (const [name, meeting] of Object.entries(meetings)) {
  t.test(name, async (t) => {
    const lengths = [callsOf(meeting, meeting.one), callsOf(meeting, meeting.two)] as const
    t.ok(lengths[0] > 10 && lengths[1] > 10, `${lengths} calls`)
    const problems: string[] = []
    for (let i = opening; i <= lengths[0] + 2; i += 1) {
      for (let j = opening; j <= lengths[1] + 2; j += 1) {
        const found = problemsOf(meeting, inThreeTurns(i, j))
        if (!meeting.alike) found.push(...problemsOf(meeting, (one, two) => inThreeTurns(j, i)(two, one)))
        problems.push(...found.map((problem) => `one ${i}, two ${j}: ${problem}`))
      }
    }
    t.strictSame(problems.slice(0, 5), [], `${problems.length} problems`)
    const turns = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 8 })), { maxLength: 24 })
    const good = (order: readonly (readonly [boolean, number])[]) =>
      problemsOf(meeting, (one, two) => {
        for (const [first, times] of order) step(first ? one : two, times)
      }).length === 0
    const { counterexample } = fc.check(fc.property(turns, good), { numRuns: 200 })
    t.equal(counterexample, null, 'any order')
  })
}
