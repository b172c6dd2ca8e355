import { describe, expect, it } from '@jest/globals'
import { withClockAhead } from '../support/clock.js'
import { expectNoSecret } from '../support/expect-refused.js'
import { signIn } from '../support/login-steps.js'
import { refreshesAt } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { appleIsSilent, failLogin } from './fail-login.js'
import { deadlineFor, detailsOf, type Fault, faults, pathsAsked, strike } from './faults.js'
import { lastError, listen } from './operator.js'
import { addPages } from './pages.js'

const { apple, startApp } = useApple()
const slowMs = 300

function start(httpTimeoutMs = 5000): Promise<TestApp> {
  return startApp({ options: { httpTimeoutMs }, routes: addPages })
}

function strikeToken(fault: Fault): void {
  strike(apple, '/auth/token', fault)
}

describe('a login while the token endpoint', () => {
  it.each(faults)('$name: fails, and the next one works', async (fault) => {
    const app = await start(deadlineFor(fault))
    const visitor = app.visitor()
    const error = await failLogin(apple, app, {
      visitor,
      status: 424,
      code: 'ERR_APPLE_UNAVAILABLE',
      say: appleIsSilent,
      strike: () => {
        strikeToken(fault)
      },
    })
    expect(error.details).toMatchObject(detailsOf(fault))
    if (fault.status === 200) expect(error.message).toContain('content type')
    // A code works once, so it is tried once; no redirect is followed, and nothing is verified.
    expect(pathsAsked(apple)).toEqual(['/auth/token'])

    apple.misbehave = () => false
    expect((await signIn(apple, visitor)).status).toBe(303)
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('is slow, within the deadline: works', async () => {
    const app = await start()
    const heard = listen(app.apple)
    const visitor = app.visitor()
    apple.delay = () => slowMs
    expect((await signIn(apple, visitor)).status).toBe(303)
    expect((await visitor.get('/private')).status).toBe(200)
    expect(heard.map(({ name }) => name)).toEqual(['login'])
    expect(app.errors).toEqual([])
  })
})

describe('renewing the access token while the token endpoint', () => {
  const anHour = 60 * 60

  it.each(faults)('$name: that page fails, the login stays, and the next page works', async (fault) => {
    const app = await start(deadlineFor(fault))
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const heard = listen(app.apple)
    strikeToken(fault)
    await withClockAhead(anHour, async () => {
      const answer = await visitor.get('/token')
      expect([answer.status, answer.body]).toEqual([424, { code: 'ERR_APPLE_UNAVAILABLE', say: appleIsSilent }])
      expectNoSecret(`${answer.text}${JSON.stringify(answer.headers)}`)
      expect(answer.text).not.toMatch(/\n\s+at /)

      expect(lastError(app)).toMatchObject({ code: 'ERR_APPLE_UNAVAILABLE', details: detailsOf(fault) })
      expect(heard).toEqual([])

      expect(refreshesAt(apple)).toHaveLength(1)
      expect(pathsAsked(apple)).not.toContain('/elsewhere')
      expect((await visitor.get('/private')).status).toBe(200)
      apple.misbehave = () => false
      expect((await visitor.get('/token')).body).toEqual({ token: true })
    })
    expect(refreshesAt(apple)).toHaveLength(2)
    expect(heard.map(({ name }) => name)).toEqual(['refresh'])
  })

  it('is slow, within the deadline: works', async () => {
    const app = await start()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    apple.delay = () => slowMs
    await withClockAhead(anHour, async () => {
      expect((await visitor.get('/token')).body).toEqual({ token: true })
    })
    expect(refreshesAt(apple)).toHaveLength(1)
  })
})
