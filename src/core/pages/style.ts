/**
 * The style sheet: what all pages share, and the forms. Colours are in theme.ts, the listing's part in style-listing.ts.
 *
 * - Sizes are in rem, so that they follow the reader's own; what is pressed is at least 40 pixels high on a phone.
 */
import { listingStyle } from './style-listing.ts'
import { icon, square, theme } from './theme.ts'

/** @param strip the address of the strip of icons */
export function styleSheet(strip: string): string {
  const sheet = `
:root{color-scheme:light dark;--strip:url("${strip}");${theme(0)}--shadow:0 8px 28px rgb(20 30 50/.18)}
@media (prefers-color-scheme:dark){:root{${theme(1)}--shadow:0 8px 28px rgb(0 0 0/.55)}}
${base}${controls}${listingStyle()}${print}`
  return sheet.replace(/\n\s*/g, '\n').trimStart()
}

const base = `
*,::before,::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:3.5rem}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,main,footer{max-width:68rem;margin:0 auto;padding:0 1.5rem}
main{min-height:calc(100vh - 9rem);outline:0}
a{color:var(--accent);text-underline-offset:.2em}
bdi{white-space:pre-wrap;overflow-wrap:anywhere}
code{font:.9375em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
small{font-size:.8125rem}
h1{margin:.75rem 0 1rem;font-size:1.625rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
p{margin:.75rem 0;overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.375rem}
.skip{position:absolute;left:1rem;top:-5rem;z-index:9;padding:.5rem 1rem;background:var(--card);border-radius:0 0 .5rem .5rem}
.skip:focus{top:0}
header{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:0 1rem;padding-top:1rem}
header nav{min-width:0}
.who{display:flex;align-items:center;gap:.75rem;min-width:0;margin-left:auto;color:var(--muted);font-size:.9375rem}
.who bdi{color:var(--text);font-weight:600}
header ol{display:flex;flex-wrap:wrap;align-items:center;margin:0;padding:0;list-style:none;font-size:.9375rem}
header li{display:flex;align-items:center;min-width:0}
header li+li::before{content:"/" / "";margin:0 .125rem;color:var(--muted)}
header a{display:flex;align-items:center;gap:.5rem;min-height:2.5rem;padding:0 .375rem;border-radius:.375rem;color:var(--muted);text-decoration:none}
header a:hover{background:var(--raised);color:var(--text)}
header li:first-child a{margin-left:-.375rem;color:var(--text);font-weight:600}
header [aria-current]{color:var(--text)}
footer{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem;padding-top:.5rem;padding-bottom:1.5rem;color:var(--muted);font-size:.875rem;font-variant-numeric:tabular-nums}
.brand{margin-left:auto}
.notice{padding:.625rem 1rem;background:var(--card);border:1px solid var(--line);border-left:4px solid var(--good);border-radius:.5rem}
.failed{border-left-color:var(--danger)}
.card{max-width:38rem;padding:1.5rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.card{margin-top:.75rem}
.card>:first-child,.card>[type=hidden]+*{margin-top:0}
.done{border-top:4px solid var(--good)}
.hint{color:var(--muted);font-size:.875rem}
`

const controls = `
button,input{font:inherit;color:inherit}
label{display:block;margin:1rem 0 .375rem;font-weight:550;font-size:.9375rem}
label+input+.hint{margin-top:.375rem}
input:not([type=checkbox]){width:100%;min-height:2.625rem;padding:.375rem .75rem;background:var(--card);border:1px solid var(--edge);border-radius:.5rem}
input[type=file]{padding:1.25rem .875rem;border:2px dashed var(--edge);background:var(--ground);font-size:.9375rem;cursor:pointer}
input[type=file]:hover{border-color:var(--accent)}
::file-selector-button{margin-right:.75rem;padding:.375rem .875rem;font:inherit;font-weight:550;color:var(--text);background:var(--card);border:1px solid var(--edge);border-radius:.5rem;cursor:pointer}
::placeholder{color:var(--muted);opacity:1}
.check{display:flex;align-items:center;gap:.625rem;min-height:2.5rem;margin:.5rem 0;font-weight:400}
.check input{flex:none;width:1.25rem;height:1.25rem;margin:0;accent-color:var(--accent)}
button,.tool{display:inline-flex;align-items:center;justify-content:center;gap:.5rem;min-height:2.625rem;padding:.375rem 1rem;background:var(--card);color:var(--text);border:1px solid var(--edge);border-radius:.5rem;font-size:.9375rem;font-weight:550;text-decoration:none;white-space:nowrap;cursor:pointer}
button:hover,.tool:hover{background:var(--raised)}
.primary,.primary:hover{background:var(--accent);border-color:var(--accent);color:var(--onAccent)}
.danger,.danger:hover{background:var(--danger);border-color:var(--danger);color:var(--onDanger)}
.primary:hover,.danger:hover{filter:brightness(1.08)}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0}
.buttons+.hint{margin-bottom:0}
summary{list-style:none;cursor:pointer}
summary::-webkit-details-marker{display:none}
.tool::before,.search button::before{${icon}}
.buttons .tool::before{content:none}
.tools{position:relative;display:flex;flex-wrap:wrap;gap:.625rem;margin:0 0 1rem}
.tools details{position:relative}
.tools details[open] .new{background:var(--raised)}
.search{display:flex;flex:1 1 16rem}
.search label,caption,thead span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.search input{border-radius:.5rem 0 0 .5rem;border-right:0;min-width:0}
.search button{border-radius:0 .5rem .5rem 0;padding:.375rem .75rem;${square('search')}}
.search input:focus-visible,.search button:focus-visible{z-index:1;border-radius:.5rem;outline-offset:0}
.up{${square('upload')}}.new{${square('newFolder')}}.zip{${square('download')}}.json{${square('braces')}}
.panel{position:absolute;z-index:4;top:calc(100% + .375rem);right:0;width:26rem;padding:.75rem 1.25rem 1.25rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;box-shadow:var(--shadow)}
.panel button{width:100%;margin-top:1rem}
@media screen and (max-width:45rem){
  header,main,footer{padding-left:1rem;padding-right:1rem}
  h1{font-size:1.375rem}
  .card{padding:1.25rem 1rem}
  .tools{gap:.5rem}
  .tools details{position:static}
  .tools details,.tools>a{flex:1 0 auto}
  .tools summary{width:100%}
  .search{flex-basis:100%}
  .panel{left:0;width:auto}
  .tool{padding:.375rem .75rem}
}
@media (prefers-reduced-motion:no-preference){
  a,button,.tool,summary{transition:background-color .12s}
}
@media (forced-colors:active){
  .tool::before,.search button::before,.list a::before,.list span::before,.list summary::before{forced-color-adjust:none;background:CanvasText}
}
`

/** On paper: names, sizes and times, and nothing to press. */
const print = `
@media print{
  :root{${theme(0)}}
  body{background:#fff;font-size:10pt}
  header,main,footer{max-width:none;padding:0}
  .tools,.skip,.who,.list thead a::after,.list details,.list td:last-child,.list thead th:last-child,.u{display:none!important}
  .list{border:0;border-radius:0}
  main{min-height:0}
  .list tbody th>a::before,.list tbody th>span::before{content:none}
  .list tr th:first-child>*{padding-left:0!important;margin-left:0!important}
  .list tr{grid-template-columns:minmax(0,1fr) 7rem 11rem!important}
  .list tbody{content-visibility:visible!important}
  .list tr{break-inside:avoid}
  .list thead{position:static}
  a{color:inherit;text-decoration:none}
}
`
