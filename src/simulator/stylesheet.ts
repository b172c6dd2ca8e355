/** The one stylesheet of all pages: system font, light and dark, one centred card. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --ground: #f5f5f7; --card: #ffffff; --ink: #1d1d1f; --quiet: #5c5c63; --line: #d6d6db; --fill: #f5f5f7;
  --accent: #0066cc; --on-accent: #ffffff; --chosen: #eef5fd; --alert: #b3001b; --alert-fill: #fff1f2;
  --notice: #fdf3d7; --notice-ink: #5c4300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111113; --card: #1c1c1f; --ink: #f5f5f7; --quiet: #a8a8b0; --line: #3a3a40; --fill: #26262a;
    --accent: #4da3ff; --on-accent: #06182b; --chosen: #14273b; --alert: #ff9aa2; --alert-fill: #3a1a1e;
    --notice: #3a2f12; --notice-ink: #f6dfa0;
  }
}
* { box-sizing: border-box; }
main { overflow-wrap: anywhere; }
/* The buttons stay in sight, so what has the focus must not end up below them. */
html { scroll-padding-bottom: 6rem; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 400 1rem/1.47 -apple-system, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.notice {
  margin: 0; padding: .6rem 1rem; text-align: center; font-size: .875rem;
  background: var(--notice); color: var(--notice-ink);
}
main {
  width: min(34rem, calc(100% - 2rem)); margin: auto; padding: 2.25rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 1.125rem;
}
main:has(.actions) { padding-bottom: 0; }
main { margin-block: clamp(1rem, 6vh, 4rem) clamp(1rem, 6vh, 4rem); }
h1 { margin: 0 0 .35rem; font-size: 1.5rem; line-height: 1.2; font-weight: 600; letter-spacing: -.01em; }
h2, legend { margin: 0; padding: 0; font-size: .9375rem; font-weight: 600; }
p { margin: .35rem 0; }
.service { margin: 0 0 .5rem; font-size: .8125rem; font-weight: 600; color: var(--quiet); }
.quiet { color: var(--quiet); }
code { font: .875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
dl {
  display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: 1.25rem 0; padding: .9rem 1rem;
  background: var(--fill); border-radius: .75rem; font-size: .875rem;
}
dt { color: var(--quiet); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
dd small { color: var(--quiet); font-size: 1em; }
fieldset { margin: 1.5rem 0 0; padding: 0; border: 0; min-width: 0; }
.group { margin: .9rem 0 .4rem; font-size: .8125rem; font-weight: 600; color: var(--quiet); }
.choices { border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
.choice { display: flex; align-items: flex-start; gap: .75rem; padding: .7rem .9rem; cursor: pointer; }
.choice + .choice { border-top: 1px solid var(--line); }
.choice:has(input:checked) { background: var(--chosen); }
.choice:has(input:disabled) { cursor: not-allowed; color: var(--quiet); }
.choice:has(input:focus-visible) { outline: 3px solid var(--accent); outline-offset: -3px; border-radius: .75rem; }
.choice input { flex: none; width: 1.125rem; height: 1.125rem; margin: .2rem 0 0; accent-color: var(--accent); }
.choice input:focus-visible { outline: none; }
.choice span { display: block; min-width: 0; overflow-wrap: anywhere; }
.choice .who { font-weight: 500; }
.choice .what { font-size: .8125rem; color: var(--quiet); }
fieldset > .choices { margin-top: .6rem; }
.actions {
  display: flex; gap: .75rem; margin: 1.5rem -2.25rem 0; padding: 1rem 2.25rem; position: sticky; bottom: 0;
  background: var(--card); border-top: 1px solid var(--line); border-radius: 0 0 1.125rem 1.125rem;
}
noscript .actions { border-top: 0; }
button {
  flex: 1; min-height: 2.875rem; padding: .5rem 1.25rem; border: 1px solid transparent; border-radius: .75rem;
  font: inherit; font-weight: 600; cursor: pointer; background: var(--accent); color: var(--on-accent);
}
button.second { background: transparent; border-color: var(--line); color: var(--ink); }
button:hover { filter: brightness(1.08); }
button.second:hover { background: var(--fill); filter: none; }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main:has(.wide) { width: min(52rem, calc(100% - 2rem)); }
section { margin-top: 2rem; }
section h2 { margin-bottom: .6rem; font-size: 1.0625rem; }
.rows { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: .75rem; }
.rows li { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1rem; padding: .7rem .9rem; }
.rows li + li { border-top: 1px solid var(--line); }
.rows li > span { flex: 1 1 16rem; min-width: 0; }
.rows .who, .rows .what { display: block; }
.rows .who { font-weight: 500; }
.rows .what { font-size: .8125rem; color: var(--quiet); }
.rows button { min-height: 2.25rem; padding: .25rem .9rem; font-size: .875rem; }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: .9rem; align-items: end; }
.fields label { font-size: .8125rem; font-weight: 600; color: var(--quiet); min-width: 0; }
select {
  display: block; width: 100%; min-height: 2.875rem; margin-top: .25rem; padding: .5rem .75rem; font: inherit;
  font-size: .9375rem; font-weight: 400; color: var(--ink); background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem;
}
select:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: .75rem; }
/* Words stay whole here: a column is as wide as its longest. */
.table, .table code { overflow-wrap: break-word; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; text-align: left; }
th, td { padding: .55rem .9rem; vertical-align: top; }
th { font-size: .8125rem; color: var(--quiet); background: var(--fill); }
td { border-top: 1px solid var(--line); }
time { white-space: nowrap; }
.alert { margin: 1.25rem 0 0; padding: .8rem 1rem; border-radius: .75rem; background: var(--alert-fill); color: var(--alert); }
.why { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
@media (max-width: 30rem) {
  main { padding: 1.5rem 1.15rem; }
  .actions { margin-inline: -1.15rem; padding-inline: 1.15rem; }
  thead { display: none; }
  tbody, tr, td { display: block; }
  tr { padding: .7rem .9rem; }
  tr + tr { border-top: 1px solid var(--line); }
  td { padding: 0; border: 0; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd + dt { margin-top: .6rem; }
}
`
