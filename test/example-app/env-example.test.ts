import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseConfig } from '../../src/config/config.js'
import { variableNames } from '../../src/config/options.js'
import { AppleConfigError } from '../../src/errors.js'

const lines = readFileSync('.env.example', 'utf8').split('\n')
const assignment = /^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/
const simulators = ['SIMULATOR_PORT', 'SIMULATOR_SCHOOL_SIZE']
const own = ['SESSION_SECRET', 'PORT', 'TRUST_PROXY', 'REDIS_URL', 'DATABASE_URL', 'DATA_DIR', ...simulators]
/** What cannot be left out of the instance that connects schools, as its error says. */
const forSchools = ['CLIENT_ID', 'TEAM_ID', 'KEY_ID', 'PRIVATE_KEY_FILE', 'REDIRECT_URI']

/** What the package misses where nothing is set, by name without the prefix. */
function whatIsMissing(): string[] {
  try {
    parseConfig({ envPrefix: 'APPLE_SCHOOL_' }, {}, () => undefined)
    return []
  } catch (error) {
    if (!(error instanceof AppleConfigError)) throw error
    return error.problems.map(({ variable }) => String(variable).replace('APPLE_SCHOOL_', ''))
  }
}

describe('.env.example', () => {
  it("names every variable of the package and the example app's own, each once, and no other", () => {
    const names = lines.flatMap((line) => assignment.exec(line)?.[1] ?? [])
    const known = Object.values(variableNames).flatMap((name) => (name === undefined ? [] : `APPLE_${name}`))
    const schools = forSchools.map((name) => `APPLE_SCHOOL_${name}`)
    expect([...names].sort()).toEqual([...known, ...schools, ...own].sort())
  })

  it('lists the APPLE_SCHOOL_ variables that the package and the page for administrators ask for', () => {
    const page = readFileSync('example-app/views/school-settings.ejs', 'utf8')
    for (const name of forSchools) expect(page).toContain(`APPLE_SCHOOL_${name}`)
    const missing = whatIsMissing()
    // A key instead of its file, which would have to exist.
    for (const name of forSchools) expect(missing).toContain(name.replace('_FILE', ''))
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
