/**
 * A client that has a directory to itself, does one thing after the other in it, and remembers what it was promised.
 */
import { message, RawClient, type Where } from '../fixtures/raw-client.ts'
import { chunked, formOf } from './bodies.ts'
import { contentOf, digestOf } from './random.ts'
import { below, directory, type State, type Step } from './states.ts'

/** Where a client has its operations numbered. */
export interface Clock {
  note(): number
}

/** A request, what it may lead to, and the status that says that it has. */
interface Plan {
  readonly request: Buffer
  readonly status: number
  readonly between?: readonly State[]
  readonly after: State
}

const sizes = [0, 1, 700, 4096, 30_000, 65_536, 65_537, 150_000, 300_000]
const folders = ['d0', 'd1', 'd2']
const names = ['n0', 'n1', 'n2', 'n3']

export class Owner {
  /** Below the shared directory. */
  readonly name: string
  readonly steps: Step[] = []
  /** Answers that were not the one that the state of the directory asks for. */
  readonly surprises: string[] = []
  readonly #random: () => number
  readonly #clock: Clock
  #state: State = new Map()

  constructor(name: string, random: () => number, clock: Clock) {
    this.name = name
    this.#random = random
    this.#clock = clock
  }

  async work(where: Where, until: () => boolean): Promise<void> {
    let client = await RawClient.connect(where)
    while (!until()) {
      const plan = this.#plan()
      if (plan === undefined) continue
      const what = plan.request.toString('latin1', 0, plan.request.indexOf('\r\n'))
      const begun = this.#clock.note()
      const step: Step = { what, begun, acknowledged: Infinity, between: plan.between ?? [], after: plan.after }
      this.steps.push(step)
      await client.send(plan.request)
      const answer = await client.answer()
      const { status } = answer
      step.acknowledged = this.#clock.note()
      if (status === plan.status) this.#state = plan.after
      else this.surprises.push(`${what}: ${status} instead of ${plan.status}`)
      // A large body that was refused is not read to its end.
      if (answer.field('connection') === 'close') {
        client.destroy()
        client = await RawClient.connect(where)
      }
    }
    client.destroy()
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)]
  }

  #places(): string[] {
    const open = folders.filter((folder) => this.#state.has(folder))
    return ['', ...open.map((folder) => `${folder}/`)].flatMap((prefix) => names.map((name) => prefix + name))
  }

  /** Something that can be done now; undefined when it was not the right thing to try. */
  #plan(): Plan | undefined {
    const dice = this.#random()
    if (dice < 0.4) return this.#put()
    if (dice < 0.5) return this.#form()
    if (dice < 0.65) return this.#transferFile()
    if (dice < 0.75) return this.#remove(this.#pick(this.#places().filter((path) => this.#state.has(path))))
    if (dice < 0.85) return this.#make()
    if (dice < 0.95) return this.#transferFolder()
    return this.#remove(this.#pick(folders.filter((folder) => this.#state.has(folder))))
  }

  #content(): Buffer {
    return contentOf(`${this.name} ${this.steps.length} ${this.#random()}`, this.#pick(sizes) ?? 0)
  }

  #message(method: string, path: string, fields: Record<string, string> = {}, body?: Buffer): Buffer {
    return message(method, `/${this.name}/${path}`, fields, body)
  }

  /** The state with these changes; undefined takes a path away. */
  #with(...changes: readonly (readonly [path: string, value: string | undefined])[]): State {
    const state = new Map(this.#state)
    for (const [path, value] of changes) value === undefined ? state.delete(path) : state.set(path, value)
    return state
  }

  #put(): Plan {
    const path = this.#pick(this.#places()) as string
    const exists = this.#state.has(path)
    const dice = this.#random()
    const content = this.#content()
    const digest = digestOf(content)
    const fields: Record<string, string> = {}
    const base64 = Buffer.from(digest, 'hex').toString('base64')
    if (dice < 0.5) fields['Repr-Digest'] = `sha-256=:${base64}:`
    if (exists && dice < 0.1)
      return { request: this.#message('PUT', path, {}, content), status: 409, after: this.#state }
    if (exists) fields.Overwrite = 'T'
    const request =
      dice < 0.7
        ? this.#message('PUT', path, fields, content)
        : this.#message('PUT', path, { ...fields, 'Transfer-Encoding': 'chunked' }, chunked(content))
    return { request, status: exists ? 204 : 201, after: this.#with([path, digest]) }
  }

  /** Files of a form are stored one after the other: any number of them, from the first, may be there. */
  #form(): Plan {
    const prefix = this.#pick(['', ...folders.filter((folder) => this.#state.has(folder)).map((each) => `${each}/`)])
    const files = names.filter(() => this.#random() < 0.5).map((name) => ({ name, content: this.#content() }))
    const changes = files.map(({ name, content }) => [`${prefix}${name}`, digestOf(content)] as const)
    const fields = { 'Content-Type': 'multipart/form-data; boundary=xyz' }
    return {
      request: this.#message('POST', `${prefix}?overwrite`, fields, formOf(files)),
      status: 201,
      between: changes.map((_, count) => this.#with(...changes.slice(0, count))),
      after: this.#with(...changes),
    }
  }

  #transferFile(): Plan | undefined {
    const from = this.#pick(this.#places().filter((path) => this.#state.has(path)))
    const to = this.#pick(this.#places())
    if (from === undefined || to === undefined || from === to) return undefined
    const exists = this.#state.has(to)
    const moving = this.#random() < 0.5
    const copied = this.#with([to, this.#state.get(from)])
    const request = this.#message(moving ? 'MOVE' : 'COPY', from, {
      Destination: `/${this.name}/${to}`,
      ...(exists ? { Overwrite: 'T' } : {}),
    })
    // A new name is given by link(2), and the old one taken away after that.
    const after = moving ? this.#with([to, this.#state.get(from)], [from, undefined]) : copied
    return { request, status: exists ? 204 : 201, between: moving && !exists ? [copied] : [], after }
  }

  #make(): Plan | undefined {
    const path = this.#pick(folders.filter((folder) => !this.#state.has(folder)))
    if (path === undefined) return undefined
    return { request: this.#message('MKCOL', path), status: 201, after: this.#with([path, directory]) }
  }

  /** A directory comes whole or not at all. */
  #transferFolder(): Plan | undefined {
    const from = this.#pick(folders.filter((folder) => this.#state.has(folder)))
    const to = this.#pick(folders.filter((folder) => !this.#state.has(folder)))
    if (from === undefined || to === undefined) return undefined
    const moving = this.#random() < 0.5
    const inside = below(this.#state, from)
    const added = inside.map(([path, value]) => [`${to}${path.slice(from.length)}`, value] as const)
    const gone = moving ? [[from, undefined] as const, ...inside.map(([path]) => [path, undefined] as const)] : []
    return {
      request: this.#message(moving ? 'MOVE' : 'COPY', from, { Destination: `/${this.name}/${to}` }),
      status: 201,
      after: this.#with([to, directory], ...added, ...gone),
    }
  }

  #remove(path: string | undefined): Plan | undefined {
    if (path === undefined) return undefined
    const gone = below(this.#state, path).map(([each]) => [each, undefined] as const)
    const request = this.#message('DELETE', this.#state.get(path) === directory ? `${path}?recursive` : path)
    return { request, status: 204, after: this.#with([path, undefined], ...gone) }
  }
}
