/** Markup in which every string is escaped, because nothing else can be put in. */
import { escapeHtml } from '../../src/core/pages/escape.ts'

/** Markup that is finished. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in markup: text is escaped, lists are joined, nothing is left out. */
export type Value = string | number | Html | undefined | readonly Value[]

/** A template whose values are escaped. Attributes with values are to be in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const parts = strings.map((part, at) => (at < values.length ? part + written(values[at]) : part))
  return new Html(parts.join(''))
}

function written(value: Value): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(written).join('')
  return escapeHtml(String(value))
}

/**
 * A table in a box of its own, in which it may be wider than the page. The box can be scrolled by keyboard.
 *
 * @param rows the first cell of each is its heading
 */
export function table(caption: string, heads: readonly Value[], rows: readonly (readonly Value[])[]): Html {
  const lines = rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map(cellOf)}</tr>`)
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${lines}</tbody></table></div>`
}

/** What is long may take several lines. */
function cellOf(cell: Value): Html {
  return typeof cell === 'string' && cell.length > 40 ? html`<td class="text">${cell}</td>` : html`<td>${cell}</td>`
}

/** JSON inside a page: `<` is written so that nothing in a string can end the element. Infinity is `never`, as in `results.json`. */
export function data(id: string, value: unknown): Html {
  const text = JSON.stringify(value, (_, part) => (part === Infinity ? 'never' : part)).replaceAll('<', '\\u003c')
  return html`<script type="application/json" id="${id}">${new Html(text)}</script>`
}
