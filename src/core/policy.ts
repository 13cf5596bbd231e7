/**
 * Who may do what: the one place that says so, and every protocol asks it.
 *
 * - What the server allows at all bounds what anybody may do. Within that, rights are given for a directory and all that
 *   is below it; of several, those given nearest to a path count. Whoever is logged in may also do what everybody may.
 * - A directory on the way to one that somebody may read is shown to him, with nothing in it but that way.
 * - No walk begins without a `Grant`, and only `Access` makes one. It is asked for by the path that the client wrote, before
 *   anything is looked up: a refusal tells nothing of what is there. Where symbolic links lead elsewhere, the walk asks again.
 */
import { Refusal } from './errors.ts'
import { foldName, type SafePath } from './paths.ts'

/** Everything that a request may want to do to the tree. `overwrite` comes with another, when something is to be replaced. */
export const actions = ['read', 'upload', 'create', 'copy', 'move', 'overwrite', 'delete'] as const

export type Action = (typeof actions)[number]

/** What the server allows at all. */
export type Allowed = ReadonlySet<Action>

/** What somebody may do in a directory and below it: nothing, read, or all that the server allows. */
export type Level = 'none' | 'ro' | 'rw'

/** A right that was given. */
export interface Rule {
  /** The names that lead to the directory, symbolic links aside. None at all for the shared directory itself. */
  readonly names: readonly string[]
  readonly level: Level
}

/** The rights to everything. */
export const wholeTree: readonly Rule[] = [{ names: [], level: 'rw' }]

type Names = readonly string[]

const rank: Readonly<Record<Level, number>> = { none: 0, ro: 1, rw: 2 }

/** What a server allows that nobody has said anything about: all of it. */
export function allowedBy({
  readOnly,
  allow,
}: {
  readonly readOnly: boolean
  readonly allow?: Iterable<Action>
}): Allowed {
  return new Set(readOnly ? ['read'] : ['read', ...(allow ?? actions)])
}

const made = Symbol('made by policy.ts')

/** Leave to do one thing with one path. */
export class Grant {
  readonly access: Access
  readonly action: Action
  readonly path: SafePath
  readonly #tree: boolean

  constructor(key: typeof made, access: Access, action: Action, path: SafePath, tree: boolean) {
    if (key !== made) throw new TypeError('policy.ts is the only maker of a Grant')
    this.access = access
    this.action = action
    this.path = path
    this.#tree = tree
  }

  /** Whether it is good for something else too, to which links have led. @param names its own names */
  holdsAt(names: Names): boolean {
    if (this.action === 'read') return this.access.sees(names, true)
    return this.access.may(this.action, names) && (!this.#tree || this.access.mayBelow(this.action, names))
  }
}

/** What somebody sees of a directory. */
export class Sight {
  readonly #access: Access
  readonly #names: Names

  constructor(access: Access, names: Names) {
    this.#access = access
    this.#names = names
  }

  /** Whether an entry of the directory is shown. @param directory whether it is one, and not a link to one */
  shows(name: string, directory: boolean): boolean {
    return this.#access.uniform || this.#access.sees([...this.#names, name], directory)
  }

  /** The same of a directory in it. */
  within(name: string): Sight {
    return this.#access.uniform ? this : new Sight(this.#access, [...this.#names, name])
  }
}

/** What one who asks may do: somebody who has logged in, or everybody. */
export class Access {
  /** The name that was logged in with; undefined for everybody. */
  readonly user: string | undefined
  /** Whether rights are the same everywhere. */
  readonly uniform: boolean
  /** Set when the rights have changed: whoever still has these must log in again. */
  revoked = false
  readonly #allowed: Allowed
  /** What was given to him, and what to everybody. */
  readonly #lists: readonly (readonly Rule[])[]
  /** Whether there is somebody to log in as, for whom has not. */
  readonly #members: boolean

  constructor(
    allowed: Allowed,
    everybody: readonly Rule[],
    { user, own = [], members = false }: { user?: string; own?: readonly Rule[]; members?: boolean } = {},
  ) {
    this.user = user
    this.#allowed = allowed
    this.#lists = user === undefined ? [everybody] : [own, everybody]
    this.#members = members
    this.uniform = this.#lists.every((rules) => rules.every(({ names }) => names.length === 0))
  }

  /** Leave to do something, if it is given. */
  ask(action: Action, path: SafePath): Grant | undefined {
    const { segments } = path
    const granted = this.may(action, segments) || (action === 'read' && this.sees(segments, true))
    return granted && !this.revoked ? new Grant(made, this, action, path, false) : undefined
  }

  /** Leave to do something. @throws Refusal read_only, forbidden, unauthorized, not_found */
  demand(action: Action, path: SafePath): Grant {
    const grant = this.ask(action, path)
    if (grant === undefined) throw this.#refusal(action, path.text)
    return grant
  }

  /** Leave to do something with all that is at a path and below it. @throws as `demand` */
  demandTree(action: Action, path: SafePath): Grant {
    this.demand(action, path)
    if (!this.mayBelow(action, path.segments)) throw this.#refusal(action, path.text)
    return new Grant(made, this, action, path, true)
  }

  /** Refuse one who may do something nowhere, before it is known where he wants to. @throws as `demand` */
  demandSomewhere(action: Action): void {
    const somewhere = this.#lists.some((rules) => rules.some(({ names }) => this.may(action, names)))
    if (!somewhere || this.revoked) throw this.#refusal(action, 'This')
  }

  /** Refuse one who may not do something with all that is shared. @throws as `demand` */
  demandEverywhere(action: Action): void {
    if (!this.may(action, []) || !this.mayBelow(action, []) || this.revoked) throw this.#refusal(action, 'This')
  }

  /** Whether something may be done there. */
  may(action: Action, names: Names): boolean {
    return this.#allowed.has(action) && this.#rankAt(names) >= (action === 'read' ? rank.ro : rank.rw)
  }

  /** Whether it may be done with all that is below it too. */
  mayBelow(action: Action, names: Names): boolean {
    const folded = names.map(foldName)
    return this.#lists.every((rules) =>
      rules.every((rule) => !leads(folded, rule.names.map(foldName)) || this.may(action, rule.names)),
    )
  }

  /** Whether it may be read, or is a directory on the way to what may be. */
  sees(names: Names, directory: boolean): boolean {
    if (this.may('read', names)) return true
    return (
      directory && this.#lists.some((rules) => rules.some((rule) => rule.level !== 'none' && leads(names, rule.names)))
    )
  }

  /** What is seen of a directory. @param names those that lead to it, symbolic links aside */
  sightOf(names: Names): Sight {
    return new Sight(this, names)
  }

  /** All there is to these rights, as text: whoever has the same may stay logged in. */
  get rightsText(): string {
    return JSON.stringify([this.#members, this.#lists])
  }

  /** What may be done with a path: for whoever shows it. */
  rightsAt(names: Names): Readonly<Record<Action, boolean>> {
    const rights = actions.map((action) => [action, this.may(action, names)] as const)
    return Object.fromEntries(rights) as Record<Action, boolean>
  }

  #rankAt(names: Names): number {
    return Math.max(...this.#lists.map((rules) => rankIn(rules, names)))
  }

  #refusal(action: Action, what: string): Refusal {
    if (action !== 'read' && !this.#allowed.has(action)) {
      if (this.#allowed.size === 1) return new Refusal('read_only')
      return new Refusal('forbidden', `This server lets nobody ${verbs[action]}`)
    }
    if (this.revoked || (this.user === undefined && this.#members)) return new Refusal('unauthorized')
    if (action === 'read') return new Refusal('not_found', what)
    return new Refusal('forbidden', `You may not ${verbs[action]} there`)
  }
}

/** What is refused. What may not be read is not there for whoever asks. */
const verbs: Readonly<Record<Exclude<Action, 'read'>, string>> = {
  upload: 'upload',
  create: 'make directories',
  copy: 'copy',
  move: 'move or rename',
  overwrite: 'replace what is there',
  delete: 'delete',
}

/** Whether something else lies on the way that the names begin. */
function leads(names: Names, to: Names): boolean {
  return to.length > names.length && names.every((name, at) => to[at] === name)
}

/**
 * The rank that a list of rules gives. Where a rule would be nearer if cases were not told apart, the lower of the two
 * counts: on a file system that does not tell them apart `/Secret` is `/secret`.
 */
function rankIn(rules: readonly Rule[], names: Names): number {
  const exact = nearest(rules, names, (name) => name)
  return exact === 0 || rules.length < 2 ? exact : Math.min(exact, nearest(rules, names, foldName))
}

function nearest(rules: readonly Rule[], names: Names, spell: (name: string) => string): number {
  let best = -1
  let found = 0
  for (const { names: to, level } of rules) {
    if (to.length <= best || to.length > names.length) continue
    if (!to.every((name, at) => spell(name) === spell(names[at] as string))) continue
    best = to.length
    found = rank[level]
  }
  return found
}
