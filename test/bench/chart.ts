import {
  captionOf,
  describeFigures,
  detailOf,
  type Figures,
  microsecondsText,
  type Panel,
  panelsOf,
} from './figures.js'
import type { VariantFigures } from './figures.js'

const page = { width: 800, head: 84, caption: 48 }
/** Where bars begin and the axis ends; labels stand to the left, the longest bar's value to the right. */
const plot = { left: 316, right: 732 }
/** `gap` is between variants of different groups. */
const row = { height: 38, bar: 18, gap: 8 }
/** Above a panel's first row, for its heading, and below its last, for the axis. */
const panelEdge = { top: 14, bottom: 48 }

const legend = { baseline: 'baseline', ours: 'this package', peer: 'other packages' } as const

// GitHub's own colours, as rules: not every viewer knows variables. Texts bring a rim of their background along, for grid
// lines behind them and for viewers that follow the theme of the system on a page that does not.
const style = `
svg { color-scheme: light dark } text { font-family: -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; font-size: 13px; fill: #1f2328; stroke: #fff; stroke-width: 2.5; stroke-linejoin: round; paint-order: stroke }
.title { font-size: 17px; font-weight: 600 }
.heading, .value, .name.ours { font-weight: 600 }
.detail, .tick, .caption { font-size: 11.5px; fill: #59636e }
.grid { stroke: #d1d9e0 } .zero { stroke: #59636e }
.whisker { stroke: #1f2328; stroke-width: 1.25; fill: none }
rect.ours { fill: #0969da } rect.peer { fill: #818b98 }
rect.baseline { fill: #d1d9e0; stroke: #818b98 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; stroke: #0d1117 }
.detail, .tick, .caption { fill: #9198a1 }
.grid { stroke: #3d444d } .zero { stroke: #9198a1 }
.whisker { stroke: #f0f6fc }
rect.ours { fill: #1f6feb } rect.peer { fill: #656c76 }
rect.baseline { fill: #2a313c; stroke: #9198a1 }
}
`

/** Draws the medians as horizontal bars, in SVG that follows the reader's light or dark theme; the same for the same figures. */
export function drawChart(figures: Figures): string {
  const panels = panelsOf(figures)
  const axis = axisFor(figures.variants)
  const title = 'CPU time per guarded request, in µs'
  const body: string[] = []
  let y = page.head
  for (const panel of panels) {
    body.push(`<g transform="translate(0 ${String(y)})">`, ...drawPanel(panel, axis), '</g>')
    y += heightOf(panel)
  }
  const [width, height] = [String(page.width), String(y + page.caption)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    `role="img" aria-labelledby="bench-title bench-desc">`,
    `<title id="bench-title">${title}</title>`,
    `<desc id="bench-desc">${escapeXml(describeFigures(figures))}</desc>`,
    `<style>${style}</style>`,
    text('title', 8, 26, title),
    ...drawLegend(),
    ...body,
    ...captionOf(figures).map((line, index) => text('caption', 8, y + 18 + index * 18, line)),
    '</svg>',
    '',
  ].join('\n')
}

interface Axis {
  readonly ticks: readonly number[]
  readonly x: (microseconds: number) => number
}

/** From zero to the first round number that no whisker goes beyond; one axis for all panels, so they compare. */
function axisFor(variants: readonly VariantFigures[]): Axis {
  const most = Math.max(1, ...variants.map(({ cpuMicroseconds }) => cpuMicroseconds.max))
  const power = 10 ** Math.floor(Math.log10(most / 5))
  const step = ([1, 2, 2.5, 5].find((factor) => factor * power * 6 >= most) ?? 10) * power
  const count = Math.ceil(most / step)
  const x = (value: number): number => plot.left + (value / (count * step)) * (plot.right - plot.left)
  return { ticks: Array.from({ length: count + 1 }, (_, index) => index * step), x }
}

function drawPanel(panel: Panel, { ticks, x }: Axis): string[] {
  const bottom = heightOf(panel) - panelEdge.bottom
  const grid = ticks.flatMap((tick) => [
    `<path class="${tick === 0 ? 'zero' : 'grid'}" d="M${rounded(x(tick))} ${String(panelEdge.top - 4)}V${String(bottom)}"/>`,
    text('tick', x(tick), bottom + 16, tick.toLocaleString('en'), ' text-anchor="middle"'),
  ])
  const tops = topsOf(panel)
  const rows = panel.variants.flatMap((variant, index) => drawRow(variant, tops[index] ?? 0, x))
  return [text('heading', plot.left, 0, panel.heading), ...grid, ...rows]
}

function drawRow(variant: VariantFigures, top: number, x: Axis['x']): string[] {
  const { title, group, cpuMicroseconds } = variant
  const { median, min, max } = cpuMicroseconds
  const middle = top + row.height / 2
  const [from, to] = [rounded(x(min)), rounded(x(max))]
  return [
    label(`name ${group}`, middle - 2, title, 13),
    label('detail', middle + 13, detailOf(variant), 11.5),
    `<rect class="${group}" x="${String(plot.left)}" y="${String(middle - row.bar / 2)}" ` +
      `width="${rounded(x(median) - plot.left)}" height="${String(row.bar)}"/>`,
    `<path class="whisker" d="M${from} ${String(middle - 4)}v8m0-4H${to}m0-4v8"/>`,
    text('value', x(max) + 7, middle + 4.5, microsecondsText(median)),
  ]
}

/** A text left of the bars, made smaller where it might not fit: fonts differ, so by the width of a wide one. */
function label(className: string, y: number, content: string, size: number): string {
  const right = plot.left - 10
  const fitting = right / (content.length * 0.62)
  const smaller = fitting < size ? ` style="font-size:${fitting.toFixed(1)}px"` : ''
  return text(className, right, y, content, ` text-anchor="end"${smaller}`)
}

function drawLegend(): string[] {
  return Object.entries(legend).flatMap(([group, meaning], index) => {
    const x = 8 + index * 120
    const swatch = `<rect class="${group}" x="${String(x)}" y="41" width="12" height="12"/>`
    return [swatch, text('detail', x + 18, 51, meaning)]
  })
}

function topsOf({ variants }: Panel): number[] {
  let gaps = 0
  return variants.map(({ group }, index) => {
    if (index > 0 && variants[index - 1]?.group !== group) gaps += row.gap
    return panelEdge.top + index * row.height + gaps
  })
}

function heightOf(panel: Panel): number {
  return (topsOf(panel).at(-1) ?? 0) + row.height + panelEdge.bottom
}

function text(className: string, x: number, y: number, content: string, attributes = ''): string {
  return `<text class="${className}" x="${rounded(x)}" y="${String(y)}"${attributes}>${escapeXml(content)}</text>`
}

function rounded(value: number): string {
  return String(Number(value.toFixed(1)))
}

function escapeXml(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
