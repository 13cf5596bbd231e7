/**
 * Cuts the power of a server again and again, and looks for what it had acknowledged.
 *
 *     node --import=./scripts/typescript.js test/torture/power-cut.ts --engine sync --cuts 200
 *
 * Linux, and root, because it mounts. The status is 0 when nothing was lost: or, with `--no-fsync`, when something was,
 * without which the experiment would prove nothing. See docs/durability.md.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mounted } from './commands.ts'
import { examine, type Findings } from './examining.ts'
import { randomFrom } from './random.ts'
import { mountOptions, type Recording, record, share, type Wanted } from './recording.ts'
import { type Fate, fates, survivors } from './survivors.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sync' },
    cuts: { type: 'string', default: '200' },
    /** Cuts in each recording. */
    each: { type: 'string', default: '20' },
    /** Operations in each recording. */
    operations: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    /** Clients that have a directory to themselves, and clients that share names. */
    owners: { type: 'string', default: '6' },
    sharers: { type: 'string', default: '3' },
    /** For mkfs.ext4, separated by spaces: `-O fast_commit`. */
    format: { type: 'string', default: '' },
    'no-fsync': { type: 'boolean', default: false },
  },
})
const engine = values.engine === 'async' ? 'async' : 'sync'
const fsync = !values['no-fsync']
const say = (line: string) => process.stdout.write(`${line}\n`)

/** What has come of all images of one fate. */
class Sum {
  images = 0
  acknowledged = 0
  inFlight = 0
  files = 0
  temporaries = 0
  /** Images on which something is not as it must be. */
  lossy = 0
  faulty = 0

  add(findings: Findings): void {
    this.images += 1
    this.acknowledged += findings.acknowledged
    this.inFlight += findings.inFlight
    this.files += findings.files
    this.temporaries += findings.temporaries
    if (findings.losses.length > 0) this.lossy += 1
    if (findings.faults.length > 0) this.faulty += 1
  }
}

/** A script that is interrupted must still unmount what it has mounted: it ends behind the image that it is looking at. */
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true
  })
}

const sums = new Map<Fate, Sum>(fates.map((fate) => [fate, new Sum()]))
let surprises = 0
let operations = 0
let images = 0

/** The same moment three times, with each fate of what was not flushed. */
async function cutAt(scratch: string, recording: Recording, cut: number, random: () => number): Promise<void> {
  const where = join(scratch, 'survived')
  mkdirSync(where, { recursive: true })
  for (const fate of interrupted ? [] : fates) {
    // A new file each time: mount(8) would take a loop device that still has one of this name.
    images += 1
    const image = join(scratch, `image${images}`)
    writeFileSync(image, survivors(recording.base, recording.log, cut, fate, random))
    const findings = await mounted(image, where, mountOptions, () =>
      examine(engine, recording, join(where, share), cut),
    )
    rmSync(image)
    sums.get(fate)?.add(findings)
    const wrong = fsync ? [...findings.losses, ...findings.faults] : findings.faults
    for (const each of wrong) say(`  cut at ${cut}, ${fate}: ${each}`)
  }
}

async function round(scratch: string, wanted: Wanted, cuts: number): Promise<void> {
  const recording = await record(scratch, wanted)
  const { log, owners, changes } = recording
  for (const surprise of owners.flatMap((owner) => owner.surprises)) say(`  unexpected: ${surprise}`)
  surprises += owners.flatMap((owner) => owner.surprises).length
  const done = owners.flatMap((owner) => owner.steps).length + [...changes.values()].flat().length
  operations += done
  const count = (kind: string) => log.filter((event) => event.kind === kind).length
  say(`seed ${wanted.seed}: ${done} operations, ${count('write')} writes, ${count('flush')} flushes`)
  const random = randomFrom(wanted.seed)
  for (let made = 0; made < cuts; made += 1) await cutAt(scratch, recording, Math.ceil(random() * log.length), random)
}

/** In memory where there is a place for it: it is about what the kernel has sent, not about this machine's disk. */
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'twinserve-'))
const format = values.format.split(' ').filter((word) => word !== '')

const clients = {
  owners: Number(values.owners),
  sharers: Number(values.sharers),
  operations: Number(values.operations),
}

let left = Number(values.cuts)
try {
  for (let seed = Number(values.seed); left > 0 && !interrupted; seed += 1) {
    const cuts = Math.min(left, Number(values.each))
    await round(scratch, { engine, fsync, seed, format, ...clients }, cuts)
    left -= cuts
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

let lossy = 0
let faulty = 0
say(`engine ${engine}, fsync ${fsync ? 'on' : 'off'}, ${images / fates.length} cuts, ${operations} operations`)
for (const [fate, sum] of sums) {
  lossy += sum.lossy
  faulty += sum.faulty
  say(
    `${fate}: ${sum.images} images, ${sum.acknowledged} acknowledged operations checked, ${sum.inFlight} in flight, ` +
      `${sum.files} files read, ${sum.temporaries} temporaries found, ${sum.lossy} images with losses, ${sum.faulty} with faults`,
  )
}
if (surprises > 0) say(`${surprises} answers were not what they should be`)
if (!fsync && lossy === 0) say('Nothing was lost without fsync: this experiment cannot tell whether anything would be.')
if (interrupted) say('Interrupted.')
process.exitCode = !interrupted && surprises === 0 && faulty === 0 && (lossy === 0) === fsync ? 0 : 1
