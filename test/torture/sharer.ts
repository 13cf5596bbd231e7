/** A client that stores and deletes under names that others use too, at the same time. */
import { message, RawClient, type Where } from '../fixtures/raw-client.ts'
import type { Clock } from './owner.ts'
import { contentOf, digestOf } from './random.ts'
import type { Change } from './states.ts'

/** Below the shared directory. */
export const commons = 'commons'
export const shared = ['s0', 's1', 's2']

export class Sharer {
  readonly #label: string
  readonly #random: () => number
  readonly #clock: Clock
  /** What became of each shared name, by all sharers. */
  readonly #changes: Map<string, Change[]>

  constructor(label: string, random: () => number, clock: Clock, changes: Map<string, Change[]>) {
    this.#label = label
    this.#random = random
    this.#clock = clock
    this.#changes = changes
  }

  async work(where: Where, until: () => boolean): Promise<void> {
    const client = await RawClient.connect(where)
    for (let count = 0; !until(); count += 1) {
      const name = shared[Math.floor(this.#random() * shared.length)] as string
      const content = contentOf(`${this.#label} ${count} ${this.#random()}`, Math.floor(this.#random() * 20_000))
      const [request, value] = this.#request(`/${commons}/${name}`, content)
      const begun = this.#clock.note()
      const change = {
        what: request.toString('latin1', 0, request.indexOf('\r\n')),
        begun,
        acknowledged: Infinity,
        value,
      }
      const changes = this.#changes.get(name) as Change[]
      changes.push(change)
      await client.send(request)
      const { status } = await client.answer()
      change.acknowledged = this.#clock.note()
      // Refused: the name was there already, or was not.
      if (status >= 300) changes.splice(changes.indexOf(change), 1)
    }
    client.destroy()
  }

  #request(target: string, content: Buffer): [request: Buffer, value: string | undefined] {
    const dice = this.#random()
    if (dice < 0.2) return [message('DELETE', target), undefined]
    const fields = dice < 0.5 ? { 'If-None-Match': '*' } : { Overwrite: 'T' }
    return [message('PUT', target, fields as Record<string, string>, content), digestOf(content)]
  }
}
