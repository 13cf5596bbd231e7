/** How the report looks. Colours are those of the server's own pages, and some for engines. */
import { theme } from '../../src/core/pages/theme.ts'

/**
 * Colours for lines and for the names that stand at them: told apart by those who are colour-blind, too (blue against orange), with a contrast
 * of 4.5 or more on a card. [light, dark]
 */
export const engineColours = {
  blocking: ['#1d5fc4', '#7fb4ff'],
  loop: ['#a84a00', '#ffad5c'],
  third: ['#0b7a75', '#6fd0c8'],
  fourth: ['#8a3fc7', '#c89bf0'],
} as const satisfies Record<string, readonly [light: string, dark: string]>

function tokens(index: 0 | 1): string {
  const own = Object.entries(engineColours).map(([name, pair]) => `--${name}:${pair[index]};`)
  return theme(index) + own.join('')
}

export function style(): string {
  return `:root{color-scheme:light dark;${tokens(0)}}
@media screen and (prefers-color-scheme:dark){:root{${tokens(1)}}}
:root[data-paper]{color-scheme:light;${tokens(0)}}
${base}${verdicts}${tables}${figures}${narrow}${print}`
}

const base = `
*,::before,::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,main,footer{max-width:72rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:2rem}
footer{padding-bottom:3rem;color:var(--muted);font-size:.875rem}
a{color:var(--accent);text-underline-offset:.2em}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
h1{margin:0;font-size:1.75rem;line-height:1.2;font-weight:680;letter-spacing:-.015em}
h2{margin:3rem 0 .5rem;font-size:1.375rem;line-height:1.25;font-weight:650;letter-spacing:-.01em}
h3{margin:0;font-size:1.125rem;line-height:1.3;font-weight:650;overflow-wrap:anywhere}
h4{margin:1.5rem 0 .25rem;font-size:.9375rem;font-weight:650}
p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}
.hint{color:var(--muted);font-size:.875rem}
.lead{font-size:1.125rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.375rem}
.skip{position:absolute;left:1rem;top:-5rem;z-index:9;padding:.5rem 1rem;background:var(--card)}
.skip:focus{top:0}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:1rem 0 0;padding:0;list-style:none}
nav a{display:inline-block;padding:.375rem 0}
.card,.verdicts,.scenario{background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.card,.scenario{padding:1.25rem 1.5rem;margin:1rem 0}
.notice{padding:.625rem 1rem;border-left:4px solid var(--danger);background:var(--card);border-radius:.375rem}
ul.plain{margin:.5rem 0;padding-left:1.125rem}
ul.plain li{margin:.25rem 0;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.375rem 1.5rem;margin:0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
button{font:inherit;color:inherit;cursor:pointer}
.save{display:none;min-height:2.625rem;margin:.5rem .75rem .25rem 0;padding:.375rem 1rem;background:var(--card);border:1px solid var(--edge);border-radius:.5rem;font-weight:550}
.save:hover{background:var(--raised)}
.script .save{display:inline-block}
.script .still{display:none}
summary{cursor:pointer;min-height:2rem;padding:.25rem 0;font-weight:550}
`

const verdicts = `
.verdicts{margin:1rem 0;padding:0;list-style:none}
.verdicts li{display:grid;grid-template-columns:minmax(0,1fr) 17rem;gap:.25rem 1.5rem;padding:1rem 1.5rem;border-top:1px solid var(--line);align-items:start}
.verdicts li:first-child{border-top:0}
.verdicts h3{font-size:1rem}
.verdicts h3 small{font-weight:400;color:var(--muted);font-size:.9375rem}
.verdicts p{margin:.125rem 0}
.verdicts .said{font-weight:550}
.sides{display:flex;justify-content:space-between;gap:.5rem;max-width:17rem;margin:0 auto .125rem!important;font-size:.8125rem}
th.sides{display:table-cell}
th.sides span+span{float:right}
td.interval{min-width:17rem}
.badge{display:inline-flex;align-items:center;gap:.3125rem;vertical-align:.0625rem;line-height:1.5;padding:0 .5rem;border:1px solid currentColor;border-radius:1rem;font-size:.8125rem;font-weight:600;white-space:nowrap}
.badge.yes{color:var(--good)}
.badge.no{color:var(--danger)}
.badge.open{color:var(--muted)}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--muted)}
.interval svg{display:block;width:100%;height:auto;max-width:17rem;margin:0 auto}
.blocking{--own:var(--blocking)}.loop{--own:var(--loop)}.third{--own:var(--third)}.fourth{--own:var(--fourth)}
.nobody{--own:var(--edge)}
.name{color:var(--own);font-weight:600}
`

const tables = `
.wide{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{padding:.375rem .75rem;border-top:1px solid var(--line);text-align:left;vertical-align:top}
thead th{white-space:nowrap;border-top:0;color:var(--muted);font-weight:550;vertical-align:bottom}
tbody th{font-weight:550;white-space:nowrap}
td{white-space:nowrap}
td.text{white-space:normal;min-width:16rem}
th:first-child{padding-left:0}
.heat{border-collapse:separate;border-spacing:3px}
.heat th,.heat td{border:0}
.heat td{min-width:7.5rem;padding:.5rem .625rem;border-radius:.375rem;border-left:5px solid var(--own);background:color-mix(in srgb,var(--own) var(--strength),var(--card));line-height:1.25}
.heat td a{color:inherit;text-decoration:none;display:block}
.heat td a:hover{text-decoration:underline}
.heat td b{display:block;font-weight:650}
.heat td.nobody{background:var(--raised)}
.heat td.none{border-left-color:transparent;background:none}
`

const figures = `
.charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.25rem 1.5rem;margin-top:.75rem}
.charts.one{grid-template-columns:minmax(0,1fr)}
figure{margin:0;min-width:0}
.charts figure:last-child:nth-child(odd){grid-column:1/-1}
@supports (grid-template-rows:subgrid){.charts figure{display:grid;grid-template-rows:subgrid;grid-row:span 4;gap:0}}
figure .hint{margin:.25rem 0 0}
figure .hint:empty{display:none}
figcaption{font-weight:600;font-size:.9375rem}
figcaption small{display:block;color:var(--muted);font-weight:400;font-size:.8125rem}
.chart{min-height:15rem;min-width:0;overflow:hidden}
.chart .u-cursor-x{border-color:var(--edge)}
.key{display:flex;flex-wrap:wrap;align-content:start;gap:0 .25rem;margin-left:-.5rem;font-size:.8125rem;min-height:2rem}
.key p{display:flex;flex-wrap:wrap;flex-basis:100%;gap:0 .25rem;margin:0}
.key button{display:inline-flex;align-items:center;gap:.375rem;min-height:2rem;padding:.125rem .5rem;border:0;border-radius:.375rem;background:none;text-align:left}
.key button:hover{background:var(--raised)}
.key button[aria-pressed=false]{opacity:.55;text-decoration:line-through}
.key b{font-variant-numeric:tabular-nums;font-weight:600}
.key svg{flex:none}
.place{padding:.25rem .5rem;color:var(--muted)}
html:not(.script) .chart,html:not(.script) .key{display:none}
.bars{display:grid;grid-template-columns:max-content minmax(0,1fr) max-content;gap:.375rem .75rem;align-items:center;font-size:.875rem;margin:.5rem 0}
.bar{display:flex;height:1.5rem;border-radius:.25rem;overflow:hidden}
.bar i{background:color-mix(in srgb,var(--own) var(--strength),var(--card));border-right:1px solid var(--card);min-width:1px}
.swatches{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.8125rem;margin:.25rem 0;padding:0;list-style:none}
.swatches i{display:inline-block;width:.875rem;height:.875rem;margin-right:.375rem;vertical-align:-.125rem;background:color-mix(in srgb,var(--text) var(--strength),var(--card))}
`

const narrow = `
@media screen and (max-width:52rem){
  header,main,footer{padding-left:1rem;padding-right:1rem}
  h1{font-size:1.5rem}
  .charts{grid-template-columns:minmax(0,1fr)}
  .card,.scenario{padding:1rem;border-radius:.5rem}
  .verdicts li{grid-template-columns:minmax(0,1fr);padding:1rem}
  .verdicts .interval svg{margin:.25rem 0}
  dl{grid-template-columns:minmax(0,1fr);gap:0}
  dd{margin-bottom:.5rem}
}
@media (forced-colors:active){
  .heat td,.bar i,.swatches i{forced-color-adjust:none}
}
`

/** On paper: white, as wide as it is, and nothing that would have to be pressed. */
const print = `
@page{margin:14mm}
@media print{
  *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
  body{background:#fff;font-size:9.5pt}
  header,main,footer{max-width:none;padding:0}
  nav,.skip,.save,.place,.still{display:none!important}
  h2{break-after:avoid}
  h3,h4{break-after:avoid}
  .card,.scenario,.verdicts{border:0;padding:0;border-radius:0}
  .scenario{border-top:1px solid var(--line);padding-top:.75rem}
  .verdicts li{padding:.625rem 0;break-inside:avoid}
  figure,tr,.bars{break-inside:avoid}
  .charts,.charts figure{display:block}
  .charts figure{margin-bottom:1rem}
  .wide{overflow:visible}
  table{font-size:8pt}
  th,td{padding:.25rem .375rem}
  td,thead th{white-space:normal}
  td.text{min-width:0}
  .heat td{min-width:0}
  a{color:inherit;text-decoration:none}
}
`
