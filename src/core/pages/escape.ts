/**
 * Text that others chose (names, queries, messages) on its way into a page.
 *
 * - `escapeHtml` is for text and attributes that a person reads. Markup becomes character references, and what
 *   would move, hide or reorder the text around it becomes a visible sign: it can be read, not obeyed.
 * - `escapeValue` is for form values that come back to the server: markup is escaped, nothing is replaced.
 * - Every attribute that holds either is written in double quotes.
 */

/** Nothing but these is in nearly every name, and is safe as it stands. */
const unsafe = /[^ !#-%(-;=?-~]/

const markup = /[&<>"']/g

/**
 * C0 and C1 controls, the line separators U+2028 and U+2029, the directional marks, embeddings and isolates of
 * the Unicode bidirectional algorithm (UAX #9, section 2), and surrogates: with the `u` flag only lone ones.
 */
const disturbing = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** Lone surrogates, which have no UTF-8 form. */
const surrogate = /[\ud800-\udfff]/gu

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function reference(character: string): string {
  return references[character] as string
}

/** The control pictures U+2400 to U+2421 mirror ASCII's controls; nothing else has a sign of its own. */
function visible(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}

/** Text for a page: no markup, no line break, no control character, no directional mark gets through. */
export function escapeHtml(text: string): string {
  if (!unsafe.test(text)) return text
  return text.replace(disturbing, visible).replace(markup, reference)
}

/** A form value, which must come back as it was. */
export function escapeValue(text: string): string {
  return text.replace(markup, reference)
}

/** A name for a page: isolated, so that a right-to-left name does not reorder its surroundings. */
export function nameHtml(name: string): string {
  return `<bdi>${escapeHtml(name)}</bdi>`
}

/** The text with U+FFFD for each lone surrogate, as a UTF-8 encoder writes it. */
export function wellFormed(text: string): string {
  return text.replace(surrogate, '\ufffd')
}
