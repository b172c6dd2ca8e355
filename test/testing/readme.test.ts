import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { recipeBlocks } from '../recipes/load-recipe.js'

function trimmedLines(text: string): string[] {
  return text.split('\n').map((line) => line.trim())
}

describe('the README on testing an app', () => {
  it('shows for Playwright what the tests run, but for how Chromium is started', () => {
    const run = trimmedLines(readFileSync('test/testing/examples/page.test.ts', 'utf8'))
    const shown = trimmedLines(recipeBlocks('Sign in with Playwright', 'ts')[0] ?? '')
    expect(shown.length).toBeGreaterThan(50)
    expect(shown.filter((line) => !run.includes(line) && !line.includes('chromium'))).toEqual([])
  })
})
