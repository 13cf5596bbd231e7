/** One client of `soak.ts`: it does things at random in a directory of its own, breaks off at random, and knows what must be there. */
import { message, RawClient } from '../fixtures/raw-client.ts'
import { SessionClient } from '../fixtures/session-client.ts'
import { metadata, tus } from '../fixtures/tus.ts'
import { contentOf, digestOf } from './random.ts'

export type Address = { readonly host: string; readonly port: number }

/** Large enough to be sent by `sendfile(2)`, and to arrive in many pieces. */
const largest = 4 * 1024 * 1024
const names = 12

export class Soaker {
  /** How often each thing was done. */
  readonly done = new Map<string, number>()
  private readonly address: Address
  private readonly directory: string
  private readonly chance: () => number
  /** The digest of each file that must be there. */
  private readonly files = new Map<string, string>()
  private kept: RawClient | undefined
  private made = 0

  constructor(address: Address, directory: string, chance: () => number) {
    this.address = address
    this.directory = directory
    this.chance = chance
  }

  async begin(): Promise<void> {
    await this.expect([201], 'MKCOL', this.directory)
  }

  /** Something, at random. */
  async step(): Promise<void> {
    const ways = {
      put: this.put,
      get: this.get,
      range: this.range,
      move: this.move,
      copy: this.copy,
      remove: this.remove,
      list: this.list,
      session: this.session,
      upload: this.upload,
      brokenPut: this.brokenPut,
      brokenGet: this.brokenGet,
    }
    const all = Object.entries(ways)
    const [name, way] = all[Math.floor(this.chance() * all.length)] as (typeof all)[number]
    await way.call(this)
    this.done.set(name, (this.done.get(name) ?? 0) + 1)
  }

  /** All that must be there is, as it must be, and nothing else. @returns how many files that are */
  async verify(): Promise<number> {
    await this.list()
    for (const name of this.files.keys()) await this.check(name)
    this.rest()
    return this.files.size
  }

  /** Nothing is asked for a while: the server would close the connection when it has been idle for too long. */
  rest(): void {
    this.kept?.destroy()
    this.kept = undefined
  }

  private path(name: string): string {
    return `${this.directory}/${name}`
  }

  private any(): string {
    return `f${Math.floor(this.chance() * names)}`
  }

  private known(): string | undefined {
    const all = [...this.files.keys()]
    return all[Math.floor(this.chance() * all.length)]
  }

  private content(): Buffer {
    this.made += 1
    // Mostly small ones, as in life.
    const size = Math.floor(this.chance() < 0.8 ? this.chance() * 20_000 : this.chance() * largest)
    return contentOf(`${this.directory} ${this.made}`, size)
  }

  private async ask(method: string, target: string, fields = {}, body?: Uint8Array) {
    this.kept ??= await RawClient.connect(this.address)
    await this.kept.send(message(method, target, fields, body))
    const answer = await this.kept.answer(method)
    if (answer.field('connection') === 'close') this.rest()
    return answer
  }

  private async expect(statuses: readonly number[], method: string, target: string, fields = {}, body?: Uint8Array) {
    const answer = await this.ask(method, target, fields, body)
    if (statuses.includes(answer.status)) return answer
    throw new Error(`${method} ${target} was answered with ${answer.status}: ${answer.text.slice(0, 200)}`)
  }

  private async check(name: string): Promise<void> {
    const { body } = await this.expect([200], 'GET', this.path(name))
    if (digestOf(body) !== this.files.get(name)) throw new Error(`${this.path(name)} is not what was stored`)
  }

  private async put(): Promise<void> {
    const [name, bytes] = [this.any(), this.content()]
    await this.expect([201, 204], 'PUT', `${this.path(name)}?overwrite`, {}, bytes)
    this.files.set(name, digestOf(bytes))
  }

  private async get(): Promise<void> {
    const name = this.known()
    if (name !== undefined) await this.check(name)
    else await this.expect([404], 'GET', this.path('f0'))
  }

  private async range(): Promise<void> {
    const name = this.known()
    if (name !== undefined) await this.expect([206, 416], 'GET', this.path(name), { Range: 'bytes=10-20000' })
  }

  private async move(): Promise<void> {
    const [from, to] = [this.known(), this.any()]
    if (from === undefined || from === to) return
    await this.expect([201, 204], 'MOVE', this.path(from), { Destination: this.path(to), Overwrite: 'T' })
    this.files.set(to, this.files.get(from) as string)
    this.files.delete(from)
  }

  private async copy(): Promise<void> {
    const [from, to] = [this.known(), this.any()]
    if (from === undefined || from === to) return
    await this.expect([201, 204], 'COPY', this.path(from), { Destination: this.path(to), Overwrite: 'T' })
    this.files.set(to, this.files.get(from) as string)
  }

  private async remove(): Promise<void> {
    const name = this.known()
    if (name === undefined) return
    await this.expect([204, 200], 'DELETE', this.path(name))
    this.files.delete(name)
  }

  private async list(): Promise<void> {
    const answer = await this.expect([200], 'GET', `${this.directory}/?json`)
    const { entries } = answer.json<{ entries: { name: string }[] }>()
    const [there, wanted] = [entries.map(({ name }) => name).sort(), [...this.files.keys()].sort()]
    if (there.join() !== wanted.join())
      throw new Error(`${this.directory} has ${there.join()}, and not ${wanted.join()}`)
  }

  private async session(): Promise<void> {
    const session = await SessionClient.open(this.address)
    await session.call('cd', { path: this.directory })
    const { total } = (await session.call('list')) as { total: number }
    if (total !== this.files.size) throw new Error(`a session counts ${total}, and not ${this.files.size}`)
    session.destroy(this.chance() < 0.5 ? 'reset' : 'end')
  }

  /** A resumable upload, broken off as often as chance has it. */
  private async upload(): Promise<void> {
    const [name, bytes] = [this.any(), this.content()]
    const target = metadata({ path: this.path(name), overwrite: '' })
    const fields = { ...tus, 'Upload-Length': String(bytes.length), 'Upload-Metadata': target }
    const created = await this.expect([201], 'POST', '/.twinserve/uploads', fields)
    const place = created.field('location') as string
    let offset = 0
    while (offset < bytes.length) {
      const head = { ...tus, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) }
      const rest = bytes.subarray(offset)
      if (this.chance() < 0.5) await this.broken(message('PATCH', place, head, rest), rest.length)
      // The server may still be at the one that broke off, or have kept more of it than it had told.
      else if ((await this.expect([204, 409, 423], 'PATCH', place, head, rest)).status === 204) break
      offset = await this.offsetOf(place)
    }
    this.files.set(name, digestOf(bytes))
  }

  /** Send a part of a request, whose body has so many bytes, and go. */
  private async broken(bytes: Uint8Array, length: number): Promise<void> {
    const client = await RawClient.connect(this.address)
    await client.send(bytes.subarray(0, bytes.length - 1 - Math.floor(this.chance() * (length - 1))))
    client.destroy(this.chance() < 0.5 ? 'reset' : 'end')
  }

  private async offsetOf(place: string): Promise<number> {
    for (;;) {
      const answer = await this.expect([200, 204, 423], 'HEAD', place, tus)
      if (answer.status !== 423) return Number(answer.field('upload-offset'))
    }
  }

  private async brokenPut(): Promise<void> {
    const bytes = message('PUT', `${this.path(this.any())}?overwrite`, {}, this.content())
    const client = await RawClient.connect(this.address)
    await client.send(bytes.subarray(0, Math.floor(this.chance() * bytes.length)))
    client.destroy(this.chance() < 0.5 ? 'reset' : 'end')
  }

  private async brokenGet(): Promise<void> {
    const name = this.known()
    if (name === undefined) return
    const client = await RawClient.connect(this.address)
    await client.send(message('GET', this.path(name)))
    if (this.chance() < 0.5) await client.head()
    client.destroy(this.chance() < 0.5 ? 'reset' : 'end')
  }
}
