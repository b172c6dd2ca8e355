import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { drawChart } from './chart.js'
import { type Figures, microsecondsText, spread, type VariantFigures } from './figures.js'
import type { LoginFigures } from './measure-logins.js'
import { costsSection, figuresFolder, type GuardedRun, withCosts } from './readme-costs.js'
import { goalLines, markdownTable, printTable } from './table.js'

const variants: readonly VariantFigures[] = [
  variant('alone', 'Express alone', 'none', 'baseline', 31.26),
  variant('id', 'express-session', 'memory', 'baseline', 58),
  {
    ...variant('ours', 'express-apple-auth', 'memory', 'ours', 71.5),
    ratio: spread([1.2, 1.25, 1.3]),
    reference: 'id',
  },
  variant('oidc', 'express-openid-connect · encrypted cookie', 'cookie', 'peer', 412),
  variant('redis', 'express-session', 'Redis', 'baseline', 143),
  variant('ours-redis', 'express-apple-auth', 'Redis', 'ours', 1160),
]

function variant(
  name: string,
  title: string,
  store: VariantFigures['store'],
  group: VariantFigures['group'],
  median: number,
): VariantFigures {
  const cpuMicroseconds = { median, min: median * 0.95, max: median * 1.1 }
  return {
    name,
    title,
    store,
    holds: 'id only',
    group,
    cpuMicroseconds,
    perRound: [],
    ratio: undefined,
    reference: undefined,
  }
}

function figuresOf(measured: readonly VariantFigures[]): Figures {
  const run = { measuredAt: '2025-01-31', node: 'v20.20.0', processor: 'Some processor', rounds: 7 }
  return { ...run, requestsPerRound: 20_000, variants: measured }
}

/** Fails unless every element of the SVG ends in its place and nothing but its tags has angle brackets. */
function expectWellFormed(svg: string): void {
  const open: string[] = []
  const tag = /<(\/?)([a-z]+)((?:\s[\w:-]+="[^"<>]*")*)(\/?)>/gi
  for (const [, end, name, , alone] of svg.matchAll(tag)) {
    if (end === '/') expect(open.pop()).toBe(name)
    else if (alone !== '/') open.push(name ?? '')
  }
  const rest = svg.replace(tag, '')
  expect(open).toEqual([])
  expect(rest).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot);)/)
}

describe('spread', () => {
  it('takes the value in the middle, whatever the order', () => {
    expect(spread([30, 9, 100])).toEqual({ median: 30, min: 9, max: 100 })
    expect(spread([4])).toEqual({ median: 4, min: 4, max: 4 })
  })

  it('takes the mean of two in the middle', () => {
    expect(spread([10, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 10 })
  })

  it('refuses to sum up nothing', () => {
    expect(() => spread([])).toThrow(RangeError)
  })
})

describe.each([
  ['printTable', printTable],
  ['markdownTable', markdownTable],
])('%s', (_name, write) => {
  const lines = write(figuresOf(variants)).split('\n')

  it('has a line for every variant, with its store and median', () => {
    for (const { title, store, cpuMicroseconds } of variants) {
      const median = ` ${microsecondsText(cpuMicroseconds.median)} (`
      expect(lines.filter((line) => [title, store, median].every((part) => line.includes(part)))).toHaveLength(1)
    }
  })

  it('tells what a ratio compares with', () => {
    expect(lines.filter((line) => /1\.25 \(1\.20–1\.30\).*express-session, id only/.test(line))).toHaveLength(1)
  })
})

describe('markdownTable', () => {
  it('keeps a cell in one piece', () => {
    const table = markdownTable(figuresOf([variant('odd', 'a|b <i>', 'none', 'peer', 1)]))
    expect(table).toContain('| a\\|b &lt;i> |')
  })
})

describe('goalLines', () => {
  it('tells goals met from goals missed, and counts the limit itself as met', () => {
    const goal = { text: 'ratio', limit: 1.1 }
    const lines = goalLines([
      { ...goal, actual: 1.1, atMost: true },
      { ...goal, actual: 1.1004, atMost: true },
      { ...goal, actual: 1, atMost: false },
      { ...goal, actual: NaN, atMost: true },
    ])
    expect(lines.split('\n')).toEqual([
      'met     ratio: 1.1, at most 1.1',
      'MISSED  ratio: 1.1004, at most 1.1',
      'MISSED  ratio: 1, at least 1.1',
      'MISSED  ratio: NaN, at most 1.1',
      '',
    ])
  })
})

describe('drawChart', () => {
  const svg = drawChart(figuresOf(variants))

  it('names every variant and its median', () => {
    for (const { title, cpuMicroseconds } of variants) {
      expect(svg).toContain(`>${title}</text>`)
      expect(svg).toContain(`>${microsecondsText(cpuMicroseconds.median)}</text>`)
    }
  })

  it('is well-formed and the same whatever the order of the variants', () => {
    expectWellFormed(svg)
    expect(drawChart(figuresOf([...variants].reverse()))).toBe(svg)
  })

  it('draws bars as long as their medians, from zero on', () => {
    const bars = [...svg.matchAll(/<rect [^>]* x="316" .* width="([\d.]+)"/g)].map(([, length]) => Number(length))
    const sorted = variants.map(({ cpuMicroseconds }) => cpuMicroseconds.median)
    const scale = (bars[0] ?? 0) / (sorted[0] ?? 1)
    expect(bars).toHaveLength(sorted.length)
    bars.forEach((length, index) => {
      expect(Math.abs(length / scale - (sorted[index] ?? 0))).toBeLessThan(10)
    })
  })

  it('escapes what the figures say', () => {
    const odd = drawChart(figuresOf([variant('odd', '<script>"&\'', 'none', 'peer', 1)]))
    expectWellFormed(odd)
    expect(odd).not.toContain('<script')
    expect(odd).toContain(">&lt;script&gt;&quot;&amp;'</text>")
  })

  it('shrinks a title too long for its column', () => {
    const long = drawChart(figuresOf([variant('long', 'x'.repeat(80), 'none', 'peer', 1)]))
    expect(long).toContain('style="font-size:6.2px"')
  })
})

describe('the kept figures', () => {
  const kept = (file: string): string => readFileSync(resolve(figuresFolder, file), 'utf8')
  const guarded = JSON.parse(kept('guarded.json')) as GuardedRun
  const login = JSON.parse(kept('login.json')) as LoginFigures

  it('are those of the chart', () => {
    expect(kept('guarded.svg')).toBe(drawChart(guarded))
  })

  it('are those of README', () => {
    const readme = readFileSync('README.md', 'utf8')
    expect(withCosts(readme, costsSection(guarded, login))).toBe(readme)
  })

  it('come from seven rounds or more, with every variant in each', () => {
    expect(guarded.rounds).toBeGreaterThanOrEqual(7)
    expect(new Set(guarded.variants.map(({ perRound }) => perRound.length))).toEqual(new Set([guarded.rounds]))
    expect(login.rounds).toBeGreaterThanOrEqual(7)
  })
})
