import {
  captionOf,
  type Figures,
  microsecondsText,
  panelsOf,
  ratioText,
  spreadText,
  type VariantFigures,
} from './figures.js'

/** Something the package promises of its figures. */
export interface Goal {
  readonly text: string
  readonly actual: number
  readonly limit: number
  /** Whether `limit` is the most there may be, rather than the least. */
  readonly atMost: boolean
}

interface Column {
  readonly head: string
  readonly cells: readonly string[]
  readonly right?: boolean
}

/** Writes the figures as aligned columns for a terminal, with what was measured below. */
export function printTable(figures: Figures): string {
  const columns = columnsOf(figures, (text) => text).map(padded)
  const lines = rowsOf(columns).map((row) => row.join('  ').trimEnd())
  const rule = columns.map(([head]) => '─'.repeat(head?.length ?? 0)).join('  ')
  lines.splice(1, 0, rule)
  // A table has no whiskers.
  const caption = captionOf(figures).map((line) => line.replace('whiskers:', 'in brackets:'))
  return [...lines, '', ...caption, ''].join('\n')
}

/** Writes the figures as a Markdown table, laid out as Prettier leaves it. */
export function markdownTable(figures: Figures): string {
  return markdownOf(columnsOf(figures, escapeMarkdown))
}

/** The same of what has a name and a value each. */
export function markdownTwoColumns(head: string, rows: readonly (readonly [string, string])[]): string {
  return markdownOf([
    { head, cells: rows.map(([name]) => name) },
    { head: '', cells: rows.map(([, value]) => value) },
  ])
}

function markdownOf(columns: readonly Column[]): string {
  const rows = rowsOf(columns.map(padded))
  const rule = columns.map((column) => {
    const dashes = '-'.repeat(widthOf(column))
    return column.right === true ? `${dashes.slice(1)}:` : dashes
  })
  rows.splice(1, 0, rule)
  return rows.map((row) => `| ${row.join(' | ')} |\n`).join('')
}

/** Says of each goal, a line each, whether the figures meet it. */
export function goalLines(goals: readonly Goal[]): string {
  return goals
    .map(({ text, actual, limit, atMost }) => {
      const met = atMost ? actual <= limit : actual >= limit
      return `${met ? 'met   ' : 'MISSED'}  ${text}: ${decimal(actual)}, at ${atMost ? 'most' : 'least'} ${decimal(limit)}\n`
    })
    .join('')
}

function columnsOf(figures: Figures, escape: (text: string) => string): Column[] {
  const variants = panelsOf(figures).flatMap((panel) => panel.variants)
  const column = (head: string, cell: (variant: VariantFigures) => string, right = false): Column => ({
    head,
    cells: variants.map(cell),
    right,
  })
  return [
    column('variant', ({ title }) => escape(title)),
    column('store', ({ store }) => store),
    column('holds', ({ holds }) => escape(holds)),
    column('CPU µs per request', ({ cpuMicroseconds }) => spreadText(cpuMicroseconds, microsecondsText), true),
    column('ratio', ({ ratio }) => (ratio ? ratioText(ratio) : '–'), true),
    column('to', (variant) => escape(referenceOf(variant, variants))),
  ]
}

/** Titles may be shared, so what the reference holds goes with its own; its store only where that differs. */
function referenceOf({ reference, store }: VariantFigures, variants: readonly VariantFigures[]): string {
  if (reference === undefined) return '–'
  const found = variants.find(({ name }) => name === reference)
  if (!found) return reference
  return [found.title, found.store === store ? '' : found.store, found.holds].filter(Boolean).join(', ')
}

function widthOf({ head, cells }: Column): number {
  return Math.max(...[head, ...cells].map(({ length }) => length), 3)
}

function padded(column: Column): string[] {
  const width = widthOf(column)
  return [column.head, ...column.cells].map((text) =>
    column.right === true ? text.padStart(width) : text.padEnd(width),
  )
}

function rowsOf(columns: readonly (readonly string[])[]): string[][] {
  return (columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row] ?? ''))
}

function escapeMarkdown(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/\|/g, '\\|')
}

/** As many decimals as it takes to tell a goal just missed from one just met. */
function decimal(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 4 })
}
