import { describe, expect, it } from '@jest/globals'
import { decodeJwt } from 'jose'
import type { AppleAuthOptions } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { beginLogin, postCallback, signIn, stateOf, type Visitor } from '../support/login-steps.js'
import type { IdTokenParts } from '../support/loopback-apple.js'
import { connectSchool, refreshesAt, rejectionOf } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { failLogin, tryAgain } from './fail-login.js'
import { listen } from './operator.js'
import { addPages } from './pages.js'

const { apple, startApp } = useApple()
const tenMinutes = 10 * 60
const anHour = 60 * 60
/** What Apple may overlook, in seconds; nobody outside knows. */
const toleranceSeconds = 60

function start(options: AppleAuthOptions = {}): Promise<TestApp> {
  return startApp({
    options,
    routes: addPages,
  })
}

/** Apple's time in seconds, while this machine's clock is ahead by so many. */
function appleTime(ahead: number): number {
  return Math.floor(Date.now() / 1000) - ahead
}

/** An id_token made by Apple's clock. */
function madeBy(ahead: number, lifetimeSeconds = 24 * anHour): IdTokenParts {
  const now = appleTime(ahead)
  return { claims: { iat: now, exp: now + lifetimeSeconds } }
}

/** Has Apple judge client secrets by its own clock. */
function judgeSecrets(ahead: number): void {
  apple.misbehave = ({ path, form }, res) => {
    if (!path.endsWith('/token')) return false
    const { iat = NaN, exp = NaN } = decodeJwt(form.get('client_secret') ?? '')
    const now = appleTime(ahead)
    if (iat <= now + toleranceSeconds && exp > now) return false
    const date = new Date(now * 1000).toUTCString()
    res.writeHead(400, { 'content-type': 'application/json', date }).end('{"error":"invalid_client"}')
    return true
  }
}

async function expectSignIn(visitor: Visitor): Promise<void> {
  expect((await signIn(apple, visitor)).status).toBe(303)
  expect((await visitor.get('/private')).status).toBe(200)
}

describe('a clock ten minutes ahead of Apple’s', () => {
  it('makes client secrets from the future: the login fails, and the operator reads by how much', async () => {
    const app = await start()
    const visitor = app.visitor()
    judgeSecrets(tenMinutes)
    await withClockAhead(tenMinutes, async () => {
      const error = await failLogin(apple, app, { visitor, status: 424, code: 'ERR_APPLE_TOKEN', say: tryAgain })
      expect(error).toMatchObject({ appleError: 'invalid_client' })
      const { clockDifferenceSeconds, checklist } = error.details
      expect(Math.abs(Number(clockDifferenceSeconds) - tenMinutes)).toBeLessThan(60)
      expect(String(checklist)).toContain('this machine’s clock is right')
    })
    expect(apple.requestsTo('/auth/token')).toHaveLength(1)
    judgeSecrets(0)
    await expectSignIn(visitor)
  })

  it('ends no login and breaks no connection: renewing fails until the clock is right', async () => {
    const app = await start({ service: 'account-data-sharing' })
    const heard = listen(app.apple)
    const visitor = await connectSchool(apple, app)
    judgeSecrets(tenMinutes)
    // An hour goes by, and the clock jumps ahead.
    await withClockAhead(anHour + tenMinutes, async () => {
      expect((await visitor.get('/school')).body).toEqual({ code: 'ERR_APPLE_TOKEN', say: tryAgain })
      const error = await rejectionOf(app.apple.connections.roster('org-1').organization())
      expect(error).toMatchObject({ code: 'ERR_APPLE_TOKEN', appleError: 'invalid_client' })
      expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
      expect((await visitor.get('/private')).status).toBe(200)
    })
    judgeSecrets(0)
    await withClockAhead(anHour, async () => {
      expect((await visitor.get('/school')).body.id).toBe('org-1')
      expect(await app.apple.connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
    })
    expect(heard.map(({ name }) => name)).not.toContain('connection_broken')
  })

  it('takes an id_token that is ten minutes old', async () => {
    const app = await start()
    const visitor = app.visitor()
    await withClockAhead(tenMinutes, async () => {
      expect((await signIn(apple, visitor, { idToken: madeBy(tenMinutes) })).status).toBe(303)
    })
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('refuses an id_token that lives for ten minutes only', async () => {
    const app = await start()
    await withClockAhead(tenMinutes + 60, async () => {
      const idToken = madeBy(tenMinutes + 60, tenMinutes)
      const visitor = app.visitor()
      const error = await failLogin(apple, app, {
        visitor,
        status: 401,
        code: 'ERR_APPLE_ID_TOKEN',
        say: tryAgain,
        idToken,
      })
      expect(error.message).toContain('has expired')
    })
  })
})

describe('a clock ten minutes behind Apple’s', () => {
  it('refuses the id_token and names the clock; with the clock right the next login works', async () => {
    const app = await start()
    const visitor = app.visitor()
    judgeSecrets(-tenMinutes)
    await withClockAhead(-tenMinutes, async () => {
      const error = await failLogin(apple, app, {
        visitor,
        status: 401,
        code: 'ERR_APPLE_ID_TOKEN',
        say: tryAgain,
        idToken: madeBy(-tenMinutes),
      })
      expect(error.message).toMatch(/issued in the future.*clock/)
    })
    expect(apple.requestsTo('/auth/token')).toHaveLength(1)
    judgeSecrets(0)
    await expectSignIn(visitor)
  })
})

describe('a clock that is put right', () => {
  it.each([
    ['ahead', tenMinutes],
    ['back', -tenMinutes],
  ])('by ten minutes %s while the browser is at Apple: the login works', async (_name, ahead) => {
    const app = await start()
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    await withClockAhead(ahead, async () => {
      const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
      expect((await postCallback(visitor, fields)).status).toBe(303)
      expect((await visitor.get('/private')).status).toBe(200)
    })
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('after a login leaves it; a token that lasts less long than it seems is renewed when Apple refuses it', async () => {
    const app = await start({ service: 'account-data-sharing' })
    const visitor = await withClockAhead(tenMinutes, () => connectSchool(apple, app))
    const first = apple.requestsTo('/organization')[0]?.headers.authorization
    apple.misbehave = ({ path, headers }, res) => {
      if (!path.endsWith('/organization') || headers.authorization !== first) return false
      res.writeHead(401).end()
      return true
    }
    await withClockAhead(anHour + 60, async () => {
      expect((await visitor.get('/school')).body.id).toBe('org-1')
      expect(await app.apple.connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
    })
    expect([refreshesAt(apple).length, app.errors]).toEqual([1, []])
  })
})
