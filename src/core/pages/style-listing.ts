/**
 * The listing's part of the style sheet.
 *
 * - Each row is a grid of fixed columns, so that nothing moves while rows arrive; a narrow screen has two lines per
 *   row, the name above its size and time. No name can push the others off the screen.
 * - A group of rows out of sight is not laid out (`content-visibility`), but takes the room that its rows will need.
 *   What is laid out alone is also clipped to its box, so a group with an open menu is exempt.
 * - The icon of a row comes from its class (see icons.ts and kinds.ts).
 */
import { kinds } from './kinds.ts'
import { icon, square } from './theme.ts'

/** How many rows a group has, save the last one: from that browsers are told how high a group will be. */
export const groupRows = 64

function rowIcons(): string {
  return `
.${kinds.up}{${square('up')};--tint:var(--muted)}
.${kinds.directory}{${square('directory')};--tint:var(--folder)}
.${kinds.file}{${square('file')};--tint:var(--muted)}
.${kinds.image}{${square('image')};--tint:var(--image)}
.${kinds.audio}{${square('audio')};--tint:var(--sound)}
.${kinds.video}{${square('video')};--tint:var(--film)}
.${kinds.archive}{${square('archive')};--tint:var(--pack)}
.${kinds.text}{${square('text')};--tint:var(--accent)}
.${kinds.code}{${square('code')};--tint:var(--code)}
.${kinds.link}{${square('link')};--tint:var(--accent)}
.${kinds.unavailable}{${square('unavailable')};--tint:var(--muted)}
`
}

const table = `
.list,.list thead,.list tbody{display:block}
.list{position:relative;background:var(--card);border:1px solid var(--line);border-radius:.75rem;font-size:.9375rem}
.list tr{display:grid;grid-template-columns:minmax(0,1fr) 7rem 11rem 6rem}
.list tbody{content-visibility:auto;contain-intrinsic-size:auto calc(${groupRows}*(2.5rem + 1px))}
.list tbody:has([open]){content-visibility:visible}
.list tbody tr{border-top:1px solid var(--line)}
.list thead+tbody tr:first-child{border-top:0}
.list tbody tr:hover{background:var(--raised)}
.list tbody:last-child tr:last-child{border-radius:0 0 .75rem .75rem}
.list th,.list td{padding:0;text-align:left;font-weight:400}
.list td{padding:.5625rem .75rem;color:var(--muted);font-variant-numeric:tabular-nums;white-space:nowrap}
.list td:nth-child(2){text-align:right}
.list thead{position:sticky;top:0;z-index:2;background:var(--card);border-bottom:1px solid var(--line);border-radius:.75rem .75rem 0 0}
.list thead th{position:relative}
.list thead a{display:flex;align-items:center;gap:.25rem;padding:.625rem .75rem;color:var(--muted);font-size:.875rem;font-weight:600;text-decoration:none;white-space:nowrap}
.list thead th:first-child a{padding-left:1rem}
.list thead th:nth-child(2) a{flex-direction:row-reverse}
.list thead a:hover,.list [aria-sort] a{color:var(--text)}
.list thead small{font-weight:400}
.list [aria-sort] a::after{${icon};width:.875rem;height:.875rem;--s:.875rem}
.list [aria-sort=ascending]{${square('ascending')}}
.list [aria-sort=descending]{${square('descending')}}
`

const row = `
.list tbody th>a,.list th>span{position:relative;display:block;padding:.5rem .75rem .5rem 2.875rem;color:var(--text);text-decoration:none}
.list tbody th>a::before,.list tbody th>span::before{${icon};position:absolute;left:1rem;top:.625rem}
.list tbody th>a:hover bdi{text-decoration:underline}
.list tbody th>span{color:var(--muted)}
.list tbody th a>small,.list span>small{margin-left:.375rem;color:var(--muted)}
.list th>small{display:block;margin:-.5rem 0 .375rem 2.875rem;color:var(--muted)}
.list td{padding-top:.5rem;padding-bottom:.5rem}
.list :focus-visible{outline-offset:-3px}
.list td:last-child{position:relative;padding:0 .5rem;text-align:right}
.list td>a,.list summary{display:inline-flex;align-items:center;justify-content:center;width:2.5rem;height:2.5rem;border-radius:.5rem;color:var(--muted);--tint:currentColor;vertical-align:top}
.list td>a{${square('download')}}
.list summary{${square('more')}}
.list td>a::before,.list summary::before{${icon}}
.list td>a:hover,.list summary:hover,.list [open] summary{background:var(--line);color:var(--text)}
.list details{display:inline-block}
.list details div{position:absolute;z-index:3;top:2.5rem;right:.5rem;min-width:11rem;padding:.375rem;background:var(--card);border:1px solid var(--line);border-radius:.625rem;box-shadow:var(--shadow);text-align:left}
.list details div a{display:block;padding:.5rem .75rem;border-radius:.375rem;color:var(--text);text-decoration:none}
.list details div a:hover{background:var(--raised)}
.list details div a[href$="?delete"]{color:var(--danger)}
.empty{padding:2.5rem 1rem;text-align:center;color:var(--muted)}
.empty strong{display:block;color:var(--text);font-size:1.0625rem}
`

const narrow = `
@media screen and (max-width:45rem){
  .list thead tr{grid-template-columns:1fr auto auto}
  .list thead th:last-child{position:absolute}
  .list thead a,.list thead th:first-child a{min-height:2.75rem;padding:.5rem .75rem}
  .list tbody{contain-intrinsic-size:auto calc(${groupRows}*(4.03125rem + 1px))}
  .list tbody tr{grid-template-columns:auto minmax(0,1fr) auto}
  .list tbody th{grid-column:1/3}
  .list tbody th>a,.list tbody th>span{padding:.625rem .25rem .125rem 2.75rem}
  .list tbody th>a:last-child{padding-bottom:2rem;margin-bottom:-1.875rem}
  .list tbody th>a::before,.list tbody th>span::before{left:.875rem;top:.75rem}
  .list td{padding:0 .25rem .625rem 0;font-size:.8125rem;line-height:1.25rem}
  .list td:nth-child(2){padding-left:2.75rem}
  .list td:nth-child(2):empty{padding-right:0}
  .list td:nth-child(2):not(:empty)+td::before{content:"· ";content:"· " / ""}
  .list td:last-child{grid-column:3;grid-row:1/3;padding:.5rem .25rem 0 0;font-size:inherit}
  .list details div{top:3.125rem;right:.25rem}
  .list details div a{padding:.625rem .75rem}
  .list th>small{margin:0 0 0 2.75rem}
  .list .u td{display:none}
  .list .u th{grid-column:1/4}
  .list .u th>a:last-child{padding-bottom:.625rem;margin:0}
}
`

/** The listing's rules. */
export function listingStyle(): string {
  return `${table}${rowIcons()}${row}${narrow}`
}
