/**
 * The engines are twins: the same requests to both, on equal directories, have the same answers, byte for byte but
 * for what tells the time, and leave equal directories behind.
 *
 * Sequences are random. A failure prints the seed, and the shortest sequence that still fails:
 *
 *     SEQUENCES=3000 SEED=42 npx tap --disable-coverage test/engines/differential.test.ts
 */
import fc from 'fast-check'
import { test } from 'tap'
import { type Engine, engines, type Service, severalLoops, snapshot, startEngine } from '../fixtures/engines.ts'
import type { Answer, RawClient } from '../fixtures/raw-client.ts'
import { resetTree, type Step, sequence } from '../fixtures/sequences.ts'

const numRuns = Number(process.env.SEQUENCES ?? 300)
const seed = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }

/** What is compared of the directories: the memory tells of times. */
const compared = (path: string) => path !== '.twinserve/memory'

/** What a zip says of times (APPNOTE.TXT, sections 4.3.7 and 4.3.12), set to nothing. */
function withoutTimes(zip: Buffer): string {
  const copy = Buffer.from(zip)
  let at = copy.readUInt32LE(copy.length - 22 + 16)
  while (copy.readUInt32LE(at) === 0x02014b50) {
    copy.writeUInt32LE(0, at + 12)
    copy.writeUInt32LE(0, copy.readUInt32LE(at + 42) + 10)
    at += 46 + copy.readUInt16LE(at + 28) + copy.readUInt16LE(at + 30) + copy.readUInt16LE(at + 32)
  }
  return copy.toString('latin1')
}

/** The answer's bytes, without what is made from the clock or from the time of a file. Nothing else may differ. */
function timeless(answer: Answer): string {
  const boundary = /boundary=([0-9a-f]{32})$/.exec(answer.field('content-type') ?? '')?.[1]
  const zip = answer.field('content-type') === 'application/zip' && answer.body.length > 0
  const text = zip
    ? answer.raw.toString('latin1', 0, answer.raw.indexOf('\r\n\r\n')) + withoutTimes(answer.body)
    : answer.raw.toString('latin1')
  return text
    .replace(/^Date: .*$/m, 'Date')
    .replace(/^Last-Modified: .*$/m, 'Last-Modified')
    .replace(/^ETag: "([0-9a-f]+)-[0-9a-f]+"$/m, 'ETag: $1')
    .replace(/"modified":"[^"]{24}"/g, 'modified')
    .replace(/<time datetime=[^>]*>[^<]*<\/time>/g, 'time')
    .replaceAll(boundary ?? '\0never', 'boundary')
}

/** One engine, and the connection that it is asked on: a new one whenever it has ended the last. */
class Side {
  readonly service: Service
  private client: RawClient | undefined

  constructor(service: Service) {
    this.service = service
  }

  async play(steps: readonly Step[]): Promise<string[]> {
    const seen: string[] = []
    try {
      for (const step of steps) await this.step(step, seen)
      return seen
    } finally {
      this.client?.destroy()
      this.client = undefined
    }
  }

  private async step({ sent, cut, keep }: Step, seen: string[]): Promise<void> {
    const client = this.client ?? (await this.service.connect())
    this.client = client
    const whole = Buffer.concat(sent.map(({ bytes }) => bytes))
    const bytes = keep === undefined ? whole : whole.subarray(0, Math.ceil(whole.length * keep))
    await client.send(bytes.subarray(0, cut), bytes.subarray(cut))
    if (keep !== undefined) client.end()
    for (const { method } of sent) {
      const answer = await this.answer(client, method, keep !== undefined)
      if (answer === undefined) break
      seen.push(timeless(answer))
      if (answer.field('connection') !== 'close') continue
      seen.push(await this.ending(client))
      return
    }
    if (keep !== undefined) seen.push(await this.ending(client))
  }

  /** @returns undefined when the connection ends instead, as it may once the client has ended its side */
  private async answer(client: RawClient, method: string, mayEnd: boolean): Promise<Answer | undefined> {
    try {
      return await client.answer(method)
    } catch (error) {
      if (mayEnd && client.isEnded && client.unread.length === 0) return undefined
      throw error
    }
  }

  /** Nothing may come behind the last answer. */
  private async ending(client: RawClient): Promise<string> {
    client.end()
    const rest = await client.rest()
    client.destroy()
    this.client = undefined
    return `the end, behind ${rest.length} bytes: ${await client.ended}`
  }
}

function firstDifference(a: readonly string[], b: readonly string[]): string {
  const at = a.findIndex((text, index) => text !== b[index])
  const [one, two] = at < 0 ? [a.at(b.length), b.at(a.length)] : [a[at], b[at]]
  return `at ${at}:\n--- sync\n${one?.slice(0, 3000)}\n--- async\n${two?.slice(0, 3000)}`
}

function print(steps: readonly Step[]): string {
  const texts = steps.map(({ sent, cut, keep }) => {
    const requests = sent.map(({ bytes }) => bytes.toString('latin1').slice(0, 2000))
    return JSON.stringify({ requests, cut, keep }, null, 1)
  })
  return texts.join('\n')
}

interface Twins {
  readonly title: string
  readonly twins: readonly Engine[]
  readonly cacheBytes: number
  /** Of the sequences. */
  readonly share: number
}

const pairs: readonly Twins[] = [
  { title: 'without a cache', twins: engines, cacheBytes: 0, share: 0.4 },
  { title: 'with a cache', twins: engines, cacheBytes: 1 << 20, share: 0.4 },
  // Each connection may be another loop's, and what one has changed the next one has to know.
  { title: 'two threads, and two workers', twins: severalLoops, cacheBytes: 1 << 20, share: 0.2 },
]

for (const { title, twins, cacheBytes, share } of pairs) {
  void test(title, async (t) => {
    const runs = Math.ceil(numRuns * share)
    // A cache that asks each time: what the test itself changes between sequences must be seen.
    const wishes = { cacheBytes, limits: { cacheFresh: 0 } }
    const services: Service[] = []
    for (const engine of twins) services.push(await startEngine(t, engine, wishes))
    let played = 0
    const statuses = new Map<string, number>()
    const property = fc.asyncProperty(sequence, async (steps) => {
      for (const { root } of services) resetTree(root)
      const [one = [], two = []] = await Promise.all(services.map((service) => new Side(service).play(steps)))
      if (one.join('\0') !== two.join('\0'))
        throw new Error(`different answers ${firstDifference(one, two)}\n${print(steps)}`)
      const [left, right] = services.map(({ root }) =>
        JSON.stringify(snapshot(root, compared), null, 1).split('\n'),
      ) as [string[], string[]]
      if (left.join() !== right.join())
        throw new Error(`different trees ${firstDifference(left, right)}\n${print(steps)}`)
      for (const service of services) {
        if (service.temporaries().length > 0) throw new Error(`temporaries are left\n${print(steps)}`)
      }
      played += 1
      for (const text of one) {
        const [, status = 'end'] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? []
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    })
    await fc.assert(property, { numRuns: runs, ...seed, verbose: 0 })
    t.ok(played >= runs)
    t.comment(JSON.stringify({ played, ...Object.fromEntries([...statuses].sort()) }))
    t.ok(statuses.size > 12, 'there are answers of all kinds')
  })
}
