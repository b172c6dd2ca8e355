import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { variableNames } from '../../src/config/options.js'

const lines = readFileSync('.env.example', 'utf8').split('\n')
const assignment = /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/
const own = ['SESSION_SECRET', 'PORT', 'SIMULATOR_PORT', 'TRUST_PROXY']

describe('.env.example', () => {
  it("names every variable of the package and the example app's own, each once, and no other", () => {
    const names = lines.flatMap((line) => assignment.exec(line)?.[1] ?? [])
    const known = Object.values(variableNames).flatMap((name) => (name === undefined ? [] : `APPLE_${name}`))
    expect([...names].sort()).toEqual([...known, ...own].sort())
  })

  it('says what each variable means and what happens without it', () => {
    lines.forEach((line, index) => {
      const name = assignment.exec(line)?.[1]
      if (name === undefined) return
      const comment = lines.slice(lines.lastIndexOf('', index), index).join(' ')
      expect({ name, comment }).toEqual({ name, comment: expect.stringMatching(/Default|[Rr]equired/) })
    })
  })

  it('comments out what has a value, so that a plain copy runs with the simulator', () => {
    const active = lines.filter((line) => assignment.test(line) && !line.startsWith('#'))
    expect(active.length).toBeGreaterThan(0)
    expect(active.filter((line) => !line.endsWith('='))).toEqual([])
  })
})
