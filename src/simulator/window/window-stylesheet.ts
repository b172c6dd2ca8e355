/** What the simulator's window needs besides the one stylesheet: three columns, arrows, tags and tables. */
export const windowStylesheet = `
:root {
  --rail: #c9c9d1; --arrow: #0066cc; --bad: #b3001b; --bad-fill: #fff1f2; --good-fill: #e4f5e9; --good: #14532d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --rail: #4a4a52; --arrow: #4da3ff; --bad: #ff9aa2; --bad-fill: #3a1a1e; --good-fill: #16321f; --good: #a6e9bd;
  }
}
main:has(.window) { width: min(82rem, calc(100% - 2rem)); }
.window { display: grid; grid-template-columns: minmax(0, 1fr) 21rem; gap: 0 2.5rem; }
.window > header, .window > .told { grid-column: 1 / -1; }
.window > header > p { max-width: 52rem; }
.controls { min-width: 0; }
.sr { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.said { margin: 1.25rem 0 0; padding: .8rem 1rem; border-radius: .75rem; background: var(--good-fill); color: var(--good); }
.mode { display: flex; flex-wrap: wrap; gap: .25rem .75rem; margin: -.35rem 0 .75rem; font-size: .8125rem; color: var(--quiet); }
.mode [data-state]::before {
  content: ""; display: inline-block; width: .55rem; height: .55rem; margin-right: .45rem; border-radius: 50%;
  background: var(--bad);
}
.mode [data-state=live]::before { background: #1f9d4d; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
.help { margin: 0 0 1rem; padding: .7rem 1rem; background: var(--fill); border-radius: .75rem; font-size: .875rem; }
.help summary { font-weight: 600; cursor: pointer; }
.help p { margin: .6rem 0; }
.empty { padding: 2rem 1.25rem; text-align: center; border: 1px dashed var(--rail); border-radius: .75rem; }
.login { margin: 0 0 1.25rem; border: 1px solid var(--line); border-radius: .75rem; }
.login h3 { margin: 0; padding: .7rem 1rem; font-size: .9375rem; background: var(--fill); border-radius: .75rem .75rem 0 0; }
.login h3 .about { margin-left: .35rem; font-weight: 400; color: var(--quiet); }
.login h3 .hidden { margin-left: .35rem; }
.heads { display: grid; grid-template-columns: repeat(3, 1fr); width: 17rem; padding: .45rem 0 .2rem; font-size: .75rem; font-weight: 600; text-align: center; color: var(--quiet); }
.exchanges { margin: 0; padding: 0; list-style: none; }
.exchange summary {
  display: grid; grid-template-columns: 17rem minmax(0, 1fr) auto; gap: 0 .75rem; cursor: pointer; list-style: none;
}
.exchange summary::-webkit-details-marker { display: none; }
.exchange summary:hover .story strong, .exchange details[open] .story strong { color: var(--accent); }
.exchange:last-child summary { border-radius: 0 0 .75rem .75rem; }
.lanes {
  position: relative; min-height: 4.25rem;
  background:
    linear-gradient(var(--rail), var(--rail)) 16.667% 0 / 2px 100% no-repeat,
    linear-gradient(var(--rail), var(--rail)) 50% 0 / 2px 100% no-repeat,
    linear-gradient(var(--rail), var(--rail)) 83.333% 0 / 2px 100% no-repeat;
}
.ask, .reply { position: absolute; left: 16.667%; right: 16.667%; height: 0; border-top: 2px solid var(--arrow); }
.ask { top: 1.4rem; }
.reply { top: 2.6rem; border-top: 2px dashed var(--arrow); opacity: .75; }
.browser-app .ask, .browser-app .reply { right: 50%; }
.app-apple .ask, .app-apple .reply, .apple-app .ask, .apple-app .reply { left: 50%; }
.ask::after, .reply::after {
  content: ""; position: absolute; top: -6px; border: 5px solid transparent;
}
.ask::after { right: 0; border-right-width: 0; border-left: 9px solid var(--arrow); }
.reply::after { left: 0; border-left-width: 0; border-right: 9px solid var(--arrow); }
.apple-app .ask::after, .apple-browser .ask::after { right: auto; left: 0; border-left-width: 0; border-left-color: transparent; border-right: 9px solid var(--arrow); }
.apple-app .reply::after, .apple-browser .reply::after { left: auto; right: 0; border-right-width: 0; border-right-color: transparent; border-left: 9px solid var(--arrow); }
.one-way .reply { display: none; }
.one-way .ask { top: 2rem; }
.bad .reply { border-top-color: var(--bad); opacity: 1; }
.bad .reply::after { border-right-color: var(--bad); }
.bad.apple-app .reply::after { border-right-color: transparent; border-left-color: var(--bad); }
.bad.one-way .ask { border-top-color: var(--bad); }
.bad.one-way .ask::after { border-left-color: var(--bad); }
.story { min-width: 0; padding: .6rem 0; font-size: .875rem; }
.story strong { font-weight: 600; }
.story strong::before { content: "▸ "; color: var(--quiet); }
details[open] .story strong::before { content: "▾ "; }
.story code { margin-left: .35rem; color: var(--quiet); }
.story .sentence { display: block; }
.story .times { font-size: .8125rem; font-weight: 600; color: var(--quiet); }
.why-not { display: block; color: var(--quiet); }
.bad .why-not { color: var(--bad); }
.end { padding: .65rem 1rem .6rem 0; text-align: right; font-size: .75rem; color: var(--quiet); }
.end > * { display: block; }
.status {
  display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-weight: 600; background: var(--good-fill); color: var(--good);
}
.bad .status { background: var(--bad-fill); color: var(--bad); }
.inside { padding: .25rem 1rem 1rem; background: var(--fill); border-block: 1px solid var(--line); font-size: .875rem; }
.exchange:last-child .inside { border-bottom: 0; border-radius: 0 0 .75rem .75rem; }
.parameters { table-layout: fixed; margin-top: .6rem; background: var(--card); border: 1px solid var(--line); font-size: .8125rem; }
.parameters caption { padding: .2rem 0 .35rem; text-align: left; font-weight: 600; }
.parameters th, .parameters td { padding: .4rem .6rem; overflow-wrap: anywhere; }
.parameters tbody th { color: var(--ink); font-weight: 600; background: none; border-top: 1px solid var(--line); }
.parameters thead th:first-child { width: 27%; }
.parameters thead th:nth-child(2) { width: 38%; }
.parameters .part th { padding-left: 1.4rem; font-weight: 400; }
.parameters .whose { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.parameters .meaning, .hidden { color: var(--quiet); }
.tag { padding: .05rem .4rem; border-radius: .35rem; font: 600 .8125rem ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: #1d1d1f; }
.colour-0 { background: #ffd9a8; } .colour-1 { background: #bfe3ff; } .colour-2 { background: #c9f0c4; }
.colour-3 { background: #ffc9d6; } .colour-4 { background: #dccfff; } .colour-5 { background: #f3e7a1; }
.band { margin: 0 0 1.25rem; padding: .6rem 1rem; border-left: 4px solid var(--accent); background: var(--chosen); border-radius: .35rem .75rem .75rem .35rem; font-size: .875rem; }
.band time { margin-right: .4rem; font-size: .75rem; color: var(--quiet); }
.exchange.new, .band.new { animation: arrive 1.6s ease-out; }
@keyframes arrive { from { background: var(--chosen); } }
.control { margin-bottom: 1.5rem; }
.control h3 { margin: 0 0 .2rem; font-size: .9375rem; font-weight: 600; }
.control .quiet { margin: .1rem 0 .6rem; font-size: .875rem; }
.single { display: flex; }
.controls button { min-height: 2.5rem; }
.controls .rows form, .controls .rows button { flex: 1; }
.waiting { padding: .4rem .7rem; border-radius: .5rem; background: var(--bad-fill); color: var(--bad); font-size: .875rem; }
#part-faults { margin-top: .7rem; }
.fields input[type=text], .fields input[type=number] {
  display: block; width: 100%; min-height: 2.5rem; margin-top: .25rem; padding: .4rem .75rem; font: inherit;
  font-size: .9375rem; font-weight: 400; color: var(--ink); background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem;
}
.fields .check { display: flex; align-items: center; gap: .5rem; }
.check input { width: 1.125rem; height: 1.125rem; accent-color: var(--accent); }
.person { border: 1px solid var(--line); border-bottom-width: 0; }
.person:last-child, .person:has(+ :not(.person)) { border-bottom-width: 1px; border-radius: 0 0 .75rem .75rem; }
.quiet + .person { border-radius: .75rem .75rem 0 0; }
.person summary { padding: .5rem .9rem; font-size: .875rem; cursor: pointer; }
.person .fields { padding: .25rem .9rem .9rem; }
@media (max-width: 64rem) {
  .window { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 48rem) {
  .heads { width: auto; }
  .exchange summary { grid-template-columns: minmax(0, 1fr) auto; padding: 0 0 .5rem; }
  .lanes { grid-column: 1 / -1; min-height: 3.5rem; }
  .ask { top: 1rem; }
  .reply { top: 2.1rem; }
  .one-way .ask { top: 1.6rem; }
  .story { padding: 0 0 0 1rem; }
  .end { padding-top: 0; }
  .inside { padding-inline: .6rem; }
  .parameters thead { display: none; }
  .parameters, .parameters tbody, .parameters tr, .parameters th, .parameters td, .parameters caption { display: block; }
  .parameters tr { padding: .45rem .6rem; }
  .parameters tr + tr { border-top: 1px solid var(--line); }
  .parameters th, .parameters td, .parameters tbody th { padding: 0; border: 0; }
  .parameters .part { padding-left: 1.4rem; }
  .parameters .part th { padding-left: 0; }
}
@media (prefers-reduced-motion: reduce) {
  .exchange.new, .band.new { animation: none; }
}
`
