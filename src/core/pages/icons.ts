/**
 * The pictures: the icon of the site, and one strip with all that the style sheet places.
 *
 * - A row has no picture in its markup: the style sheet shows a square of the strip as a mask, in the colours of
 *   the theme. A hundred thousand rows so cost no element and no byte more.
 * - Squares are 24 units, one below the other, in the order of `squares`; the style sheet finds them by that order.
 */

/** Two sheets, one behind the other: one core, two engines. */
export const favicon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
  '<rect x="2" y="2" width="20" height="20" rx="6" fill="#2ea8a0"/>' +
  '<rect x="8" y="8" width="23" height="23" rx="7" fill="#fff"/>' +
  '<rect x="10" y="10" width="20" height="20" rx="6" fill="#3f63dd"/>' +
  '<path d="M16 17h8M16 23h8" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>\n'

/** The outline that all kinds of files have. */
const sheet =
  '<path class="t" d="M6 2.8h8l5 5v11.4a2 2 0 0 1-2 2H6.9a2 2 0 0 1-2-2V4.8a2 2 0 0 1 2-2z"/><path d="M14 2.8v5h5"/>'

const folder = 'M3 6.2a2 2 0 0 1 2-2h4l2.4 2.6H19a2 2 0 0 1 2 2v8.8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z'

const drawings = {
  up: '<path d="M9 14 4 9l5-5"/><path d="M4 9h9a6 6 0 0 1 6 6v5"/>',
  directory: `<path class="s" d="${folder}"/>`,
  file: sheet,
  image:
    '<rect class="t" x="3" y="4" width="18" height="16" rx="2"/><circle cx="8.6" cy="9.4" r="1.6"/>' +
    '<path d="m4 18 5-4.6 3 2.6 4-4.4 4.6 4.6"/>',
  audio:
    '<path d="M9 17.6V5.4l10-2v12"/><circle class="t" cx="6.4" cy="17.6" r="2.6"/><circle class="t" cx="16.4" cy="15.4" r="2.6"/>',
  video: '<rect class="t" x="3" y="4.5" width="18" height="15" rx="2"/><path class="s" d="m10 9 5 3-5 3z"/>',
  archive:
    '<rect class="t" x="3" y="3.6" width="18" height="5" rx="1.4"/><path class="t" d="M4.6 8.6h14.8v9.8a2 2 0 0 1-2 2H6.6a2 2 0 0 1-2-2z"/>' +
    '<path d="M10 12.6h4"/>',
  text: `${sheet}<path d="M8.6 12.4h6.8M8.6 16.2h4.8"/>`,
  code: `${sheet}<path d="m10 11.6-2 2.4 2 2.4M14 11.6l2 2.4-2 2.4"/>`,
  link:
    '<path d="M10.2 13.6a4 4 0 0 0 5.8.3l3-3a4 4 0 0 0-5.7-5.7l-1.4 1.4"/>' +
    '<path d="M13.8 10.4a4 4 0 0 0-5.8-.3l-3 3a4 4 0 0 0 5.7 5.7l1.4-1.4"/>',
  unavailable: '<circle class="t" cx="12" cy="12" r="8.6"/><path d="m6 6 12 12"/>',
  download: '<path d="M12 3.6v11M7.4 10.4l4.6 4.4 4.6-4.4M4 19.6h16"/>',
  upload: '<path d="M12 15V4M7.4 8.2 12 3.8l4.6 4.4M4 19.6h16"/>',
  more: '<g class="s"><circle cx="5" cy="12" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="19" cy="12" r="1"/></g>',
  search: '<circle cx="10.6" cy="10.6" r="6.4"/><path d="m15.4 15.4 5 5"/>',
  newFolder: `<path d="${folder}M12 10.4v6M9 13.4h6"/>`,
  braces: '<path d="M8.4 4C5 4 7.6 10 4 12c3.6 2 .2 8 4.4 8M15.6 4C19 4 16.4 10 20 12c-3.6 2-.2 8-4.4 8"/>',
  ascending: '<path d="M12 19V5.4M6.4 11 12 5.4l5.6 5.6"/>',
  descending: '<path d="M12 5v13.6M6.4 13l5.6 5.6 5.6-5.6"/>',
} as const satisfies Record<string, string>

/** The name of a drawing of the strip. */
export type Drawing = keyof typeof drawings

/** The names of the strip's squares, from the top. */
export const squares = Object.keys(drawings) as readonly Drawing[]

function drawStrip(): string {
  let body = ''
  squares.forEach((name, index) => {
    body += `<g transform="translate(0 ${index * 24})">${drawings[name]}</g>`
  })
  const height = squares.length * 24
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="${height}" viewBox="0 0 24 ${height}">` +
    '<style>.t{fill:#000;fill-opacity:.2}.s{fill:#000}</style>' +
    `<g fill="none" stroke="#000" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">${body}</g></svg>\n`
  )
}

/** The strip itself. */
export const strip = drawStrip()
