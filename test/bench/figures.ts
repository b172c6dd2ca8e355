/** What one run of the benchmark measured, and on what. */
export interface Figures {
  /** The day alone, as YYYY-MM-DD. */
  readonly measuredAt: string
  /** The version of Node, with or without its `v`. */
  readonly node: string
  readonly processor: string
  readonly rounds: number
  readonly requestsPerRound: number
  readonly variants: readonly VariantFigures[]
}

/** What one variant of the guarded server cost. */
export interface VariantFigures {
  /** Unlike that of any other variant; references go by it. */
  readonly name: string
  /** What readers know it by, such as `express-session`; variants may share it. */
  readonly title: string
  readonly store: 'memory' | 'Redis' | 'cookie' | 'none'
  /** What a session keeps of a login, such as `id only` or `tokens packed`. */
  readonly holds: string
  readonly group: 'ours' | 'baseline' | 'peer'
  /** CPU time of the server per guarded request, over the rounds. */
  readonly cpuMicroseconds: Spread
  /** The same in each round. */
  readonly perRound: readonly number[]
  /** CPU time as a multiple of the reference's in the same round. */
  readonly ratio: Spread | undefined
  /** The name of the variant that `ratio` compares with. */
  readonly reference: string | undefined
}

/** Where the values of several rounds lie. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/**
 * Sums up the values of several rounds; the median of an even count is the mean of the two in the middle.
 *
 * @throws RangeError where there are none.
 */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (low === undefined || high === undefined || min === undefined || max === undefined) {
    throw new RangeError('A spread needs at least one value')
  }
  return { median: (low + high) / 2, min, max }
}

/** Variants that are read together. */
export interface Panel {
  readonly heading: string
  readonly variants: readonly VariantFigures[]
}

const groups = ['baseline', 'ours', 'peer'] as const

/** Parts what needs no other machine from what asks Redis; within each, baselines first and the cheaper before the dearer. */
export function panelsOf({ variants }: Figures): readonly Panel[] {
  const sorted = [...variants].sort(
    (one, other) =>
      groups.indexOf(one.group) - groups.indexOf(other.group) ||
      one.cpuMicroseconds.median - other.cpuMicroseconds.median ||
      (one.name < other.name ? -1 : 1),
  )
  return [
    { heading: 'Without another server: memory, cookie', variants: sorted.filter(({ store }) => store !== 'Redis') },
    { heading: 'Sessions in Redis', variants: sorted.filter(({ store }) => store === 'Redis') },
  ].filter((panel) => panel.variants.length > 0)
}

/** Writes microseconds as chart and tables do: one decimal where the median is below a hundred, none from there on. */
export function microsecondsText(value: number, median = value): string {
  const digits = median < 99.95 ? 1 : 0
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Writes a spread: the median, and in brackets the least and the most. */
export function spreadText({ median, min, max }: Spread, text: (value: number, median: number) => string): string {
  return `${text(median, median)} (${text(min, median)}–${text(max, median)})`
}

/** A ratio's spread, in hundredths. */
export function ratioText(ratio: Spread): string {
  return spreadText(ratio, (value) => value.toFixed(2))
}

/** What the figures mean and where they come from, in two lines. */
export function captionOf({ rounds, node, measuredAt, requestsPerRound, processor }: Figures): [string, string] {
  return [
    'CPU µs per guarded request, median; whiskers: least and most of ' +
      `${String(rounds)} rounds; Node ${node.replace(/^v/, '')}, ${measuredAt}`,
    `${requestsPerRound.toLocaleString('en')} requests per round; ${processor}`,
  ]
}

/** Where a variant's sessions lie and what they hold, as it follows the title. */
export function detailOf({ store, holds }: VariantFigures): string {
  return [store === 'none' ? 'no store' : store, holds].filter(Boolean).join(' · ')
}

/** The medians in words, for readers who do not see the chart. */
export function describeFigures(figures: Figures): string {
  const variants = panelsOf(figures).flatMap((panel) => panel.variants)
  const medians = variants.map(
    (variant) => `${variant.title}, ${detailOf(variant)}: ${microsecondsText(variant.cpuMicroseconds.median)}`,
  )
  return `${captionOf(figures)[0]}. ${medians.join('; ')}.`
}
