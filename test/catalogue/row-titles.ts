import ts from 'typescript'
import { rowNumbers } from './rows.js'

/** `row 73`, `rows 3 and 4`, `rows 103, 104 and 106`, `rows 98 to 100`. */
const mention = /\brows? (\d+(?:(?:,| and|, and| to) \d+)*)/g

/** The rows of the catalogue that a title names; of a span only those that exist, and both its ends. */
export function rowsNamedIn(title: string): number[] {
  const spans = [...title.matchAll(mention)].flatMap(([, list = '']) => list.split(/,? and |, /))
  return spans.flatMap((span) => {
    const [first = NaN, last = first] = span.split(' to ').map(Number)
    return [...new Set([first, ...rowNumbers.filter((row) => row > first && row < last), last])]
  })
}

/**
 * The titles of all tests and groups of tests in a file, once for each case of a table that stands in the call; not of
 * what is skipped.
 */
export function titlesIn(source: string): string[] {
  const titles: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const title = textOf(node.arguments[0])
      if (title !== undefined) titles.push(...casesOf(node.expression).map((each) => title.replace('%s', each)))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('titles.ts', source, ts.ScriptTarget.Latest))
  return titles
}

/** `it`, `it.each(…)`, `describe`, `describe.each(…)`, `describeInChromium`, … */
function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return /^(it|test|describe\w*)$/.test(callee.text)
  if (ts.isPropertyAccessExpression(callee)) return callee.name.text === 'each' && isTest(callee.expression)
  return ts.isCallExpression(callee) && isTest(callee.expression)
}

/** What takes the place of the title's first `%s`, case by case. */
function casesOf(callee: ts.Expression): string[] {
  const table = ts.isCallExpression(callee) ? callee.arguments[0] : undefined
  if (table === undefined || !ts.isArrayLiteralExpression(table)) return ['%s']
  return table.elements.map((each) => textOf(ts.isArrayLiteralExpression(each) ? each.elements[0] : each) ?? '%s')
}

function textOf(node: ts.Expression | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}
