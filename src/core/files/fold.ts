/** A name or path as file systems that do not tell cases apart may take it: what is folded alike may be one file. */
export function fold(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase()
}
