/**
 * Colours and icons, as the style sheets refer to them.
 *
 * - Colours are named once, for light and for dark. Text has a contrast of 4.5 or more on every ground it is put
 *   on, edges of fields and icons 3 or more (WCAG 2.2, 1.4.3 and 1.4.11); a test computes them.
 */
import { type Drawing, squares } from './icons.ts'

/** A colour for a light and for a dark theme. */
export const colours = {
  ground: ['#f4f6f9', '#11151c'],
  card: ['#ffffff', '#191f29'],
  raised: ['#eef1f6', '#232b38'],
  text: ['#1a2230', '#e6eaf2'],
  muted: ['#566174', '#a0abbd'],
  line: ['#dde2ea', '#2b3443'],
  edge: ['#818c9f', '#6d7a91'],
  accent: ['#2f55cf', '#9db5ff'],
  onAccent: ['#ffffff', '#0d1630'],
  danger: ['#b3261e', '#ffb0a8'],
  onDanger: ['#ffffff', '#3b0906'],
  good: ['#0f6b52', '#7fd8b8'],
  folder: ['#b87408', '#f0b650'],
  image: ['#8a3fc7', '#c89bf0'],
  sound: ['#c02f74', '#f39ac0'],
  film: ['#c4402b', '#f6a08f'],
  pack: ['#8a6238', '#cfa97e'],
  code: ['#0b7a75', '#6fd0c8'],
} as const satisfies Record<string, readonly [light: string, dark: string]>

/** The colours as custom properties. @param index 0 for light, 1 for dark */
export function theme(index: 0 | 1): string {
  let properties = ''
  for (const [name, pair] of Object.entries(colours)) properties += `--${name}:${pair[index]};`
  return properties
}

/** The declaration that chooses a square of the strip. */
export function square(name: Drawing): string {
  return `--i:${squares.indexOf(name)}`
}

/** A square of the strip, in the colour of the text unless `--tint` says otherwise. */
export const icon = `content:"";flex:none;width:1.25rem;height:1.25rem;background:var(--tint,currentColor);
  -webkit-mask:var(--strip) 0 calc(var(--i)*-1*var(--s,1.25rem))/var(--s,1.25rem) auto no-repeat;
  mask:var(--strip) 0 calc(var(--i)*-1*var(--s,1.25rem))/var(--s,1.25rem) auto no-repeat`
