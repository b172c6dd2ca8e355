import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { argued } from './argued.js'
import { rowsNamedIn, titlesIn } from './row-titles.js'
import { rowNumbers, sections } from './rows.js'

const folder = join(__dirname, '..')
const titles = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .flatMap((name) => titlesIn(readFileSync(join(folder, name), 'utf8')).map((title) => ({ name, title })))

describe('the catalogue of hostile conditions', () => {
  it.each(sections)('section $name has a test for each of its rows', ({ rows }) => {
    const named = new Set(titles.flatMap(({ title }) => rowsNamedIn(title)))
    const missing = Object.entries(rows).filter(([row]) => !named.has(Number(row)))
    expect(Object.fromEntries(missing)).toEqual({})
  })

  it('has every row that a title names', () => {
    const strays = titles.filter(({ title }) => rowsNamedIn(title).some((row) => !rowNumbers.includes(row)))
    expect(strays).toEqual([])
  })

  it('has every row that is argued about', () => {
    expect(rowNumbers).toEqual(expect.arrayContaining(Object.keys(argued).map(Number)))
  })

  it('has 151 rows, each once', () => {
    expect(rowNumbers).toEqual([...new Set(rowNumbers)].sort((one, other) => one - other))
    expect([rowNumbers.length, rowNumbers[0], rowNumbers.at(-1)]).toEqual([151, 1, 170])
  })
})

describe('rowsNamedIn', () => {
  it.each([
    ['row 73: not for each', [73]],
    ['rows 3 and 4: refuses', [3, 4]],
    ['rows 103, 104 and 106: refuses', [103, 104, 106]],
    ['with %s (rows 16 to 23)', [16, 17, 19, 20, 23]],
    ['rows 121, 122, and 143', [121, 122, 143]],
    ['rows 144 to 146 and 150: takes', [144, 145, 146, 150]],
    ['no secret in them (row 112) row 101: names %s', [112, 101]],
    ['row 18: none', [18]],
    ['rows without numbers, arrow 7, 12 rows', []],
  ])('reads %j', (title, rows) => {
    expect(rowsNamedIn(title)).toEqual(rows)
  })
})

describe('titlesIn', () => {
  it('reads the titles of tests and groups, however they are written, and no others', () => {
    const source = `
      describe.each([1])('group (row 1)', () => {
        it('one', () => call('no title'))
        it.each<[string, number]>([['row 5', 6], ["six", 7]])(
          "two: %s", () => undefined, 30_000)
        it.each(table)(\`three: %s\`, () => undefined)
        it.skip('skipped', () => undefined)
        it.todo('to do')
      })
      describeInChromium('browser', () => {}) // it('a comment')`
    expect(titlesIn(source)).toEqual(['group (row 1)', 'one', 'two: row 5', 'two: six', 'three: %s', 'browser'])
  })
})
