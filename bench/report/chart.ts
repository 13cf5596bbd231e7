/** What a chart shows, as data: drawn by `browser.js`, and saved with the page as what was drawn. */

/** A colour of the page, by what it stands for. */
export type Role = 'blocking' | 'loop' | 'third' | 'fourth'

export interface Series {
  readonly name: string
  /** What it is called in the key, behind the name of its engine: of what a model says. */
  readonly model?: string
  readonly role: Role
  /** Measured lines are solid; what a model says is broken. */
  readonly line: 'solid' | 'dashed' | 'dotted'
  /** Whether each value has a mark. */
  readonly marked?: boolean
  readonly x: readonly number[]
  /** null breaks the line. */
  readonly y: readonly (number | null)[]
  /** Bounds of each value: an interval, or the least and the greatest. */
  readonly low?: readonly (number | null)[]
  readonly high?: readonly (number | null)[]
  /** How bounds are drawn. */
  readonly spread?: 'band' | 'whiskers'
}

export interface Axis {
  readonly label: string
  /** `oneIn` is 1/(1 − p), which is labelled with percentiles. */
  readonly kind: 'oneIn' | 'seconds' | 'share' | 'number'
  readonly log: boolean
}

export interface Chart {
  /** Of the figure in the page. */
  readonly id: string
  readonly title: string
  /** What it shows, in words, for those who do not see it. */
  readonly description: string
  /** What is to be known to read it. */
  readonly note?: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** Vertical lines. */
  readonly marks?: readonly { readonly x: number; readonly text: string }[]
}

/** The colours of some engines: each kind has its own everywhere, and where two of a kind meet, the second has another. */
export function roles(engines: readonly string[]): ReadonlyMap<string, Role> {
  const found = new Map<string, Role>()
  for (const engine of engines) {
    const own: Role = engine.startsWith('blocking') ? 'blocking' : 'loop'
    const free = [own, 'third', 'fourth'] as const
    const taken = new Set(found.values())
    found.set(engine, free.find((role) => !taken.has(role)) ?? 'fourth')
  }
  return found
}

/** How a model's line is drawn, and what it is called in the key. */
export function modelLine(model: string): Pick<Series, 'line' | 'model'> {
  const sharing = /sharing/.test(model)
  return { line: sharing ? 'dotted' : 'dashed', model: sharing ? 'PS' : 'FCFS' }
}
