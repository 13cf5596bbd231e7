/** "Did you mean": the name nearest to one that does not exist. */

/** How many letters must be added, dropped, changed or swapped with their neighbour (Damerau's distance, by optimal alignment). */
export function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        (above[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (above[column - 1] as number) + (same ? 0 : 1),
        swapped ? (before[column - 2] as number) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = above
    above = current
  }
  return above[b.length] as number
}

/** Upper and lower case, `-` and `_` are the mistakes made most often: they count as none. */
const plain = (name: string): string => name.toLowerCase().replace(/[-_]/g, '')

/** The name that was probably meant, unless none is near: a third of its letters may be wrong, or it may be cut short. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = plain(name)
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of names) {
    const known = plain(candidate)
    const cutShort = wanted.length >= 3 && known.startsWith(wanted)
    const far = cutShort ? 1 : distance(wanted, known)
    if (far < bestDistance && far <= Math.max(1, Math.floor(known.length / 3))) {
      best = candidate
      bestDistance = far
    }
  }
  return best
}

/** ` Did you mean …?`, or nothing. */
export function didYouMean(name: string, names: readonly string[], show = (found: string): string => found): string {
  const found = nearest(name, names)
  return found === undefined ? '' : ` Did you mean ${show(found)}?`
}
