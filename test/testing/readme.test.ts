import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { recipeBlocks } from '../recipes/load-recipe.js'

function linesOf(example: string): string[] {
  return readFileSync(`test/testing/examples/${example}.test.ts`, 'utf8').split('\n')
}

describe('the README on testing an app', () => {
  it.each([
    ['Sign in with supertest', 'sign-in'],
    ['A school, and an expired token', 'school'],
    ['A notification', 'notification'],
    ['A phone', 'native'],
  ])('shows under "%s" what the tests run', (heading, example) => {
    expect(recipeBlocks(heading, 'ts')[0]?.split('\n')).toEqual(linesOf(example))
  })

  it('shows the same for Playwright, but for how Chromium is started', () => {
    const run = linesOf('page').map((line) => line.trim())
    const shown = (recipeBlocks('Sign in with Playwright', 'ts')[0] ?? '').split('\n').map((line) => line.trim())
    expect(shown.length).toBeGreaterThan(50)
    expect(shown.filter((line) => !run.includes(line) && !line.includes('chromium'))).toEqual([])
  })
})
