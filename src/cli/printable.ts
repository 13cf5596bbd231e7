/** A text as a terminal may be given it: without characters that move its cursor, change its colours or turn its text round. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
