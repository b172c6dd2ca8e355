import { readFileSync } from 'node:fs'
import * as ts from 'typescript'

/** A recipe's code as a module: what it exports. */
export type Recipe = Readonly<Record<string, unknown>>

/**
 * Runs the TypeScript that stands in the README under a heading, as it stands there, and gives what it exports.
 *
 * It reads `process.env` as an app would, so set the variables first. `index` tells which of the section's blocks.
 */
export function loadRecipe(heading: string, index = 0): Recipe {
  const code = recipeBlocks(heading, 'ts')[index]
  if (code === undefined) throw new Error(`The README has no such TypeScript under "${heading}".`)
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, esModuleInterop: true }
  const { outputText } = ts.transpileModule(code, { compilerOptions: options })
  const exports: Record<string, unknown> = {}
  // Jest's own require, which leads the package's name to its source.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-require-imports
  new Function('require', 'exports', outputText)((name: string) => require(name) as unknown, exports)
  return exports
}

/** The blocks of one language in the README's section with that heading, up to the next heading of any level. */
export function recipeBlocks(heading: string, language: string): string[] {
  const lines = readFileSync('README.md', 'utf8').split('\n')
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (start === -1) throw new Error(`The README has no heading "${heading}".`)
  const blocks: string[] = []
  let fence: string | undefined
  let block: string[] = []
  for (const line of lines.slice(start + 1)) {
    if (fence === undefined) {
      if (/^#+ /.test(line)) break
      if (!line.startsWith('```')) continue
      fence = line.slice(3)
      block = []
    } else if (line === '```') {
      if (fence === language) blocks.push(`${block.join('\n')}\n`)
      fence = undefined
    } else {
      block.push(line)
    }
  }
  return blocks
}
