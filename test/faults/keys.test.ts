import { describe, expect, it } from '@jest/globals'
import { AppleUnavailableError } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { beginLogin, postCallback, signIn, stateOf, type Visitor } from '../support/login-steps.js'
import { createSigningKey } from '../support/loopback-apple.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { appleIsSilent, failLogin } from './fail-login.js'
import { deadlineFor, type Fault, faults, pathsAsked, strike } from './faults.js'
import { listen } from './operator.js'

const { apple, startApp } = useApple()
const [minutes, hours] = [60, 60 * 60]
const newKey = createSigningKey('fourth0004')

function start(httpTimeoutMs = 5000): Promise<TestApp> {
  return startApp({ options: { httpTimeoutMs } })
}

function strikeKeys(fault: Fault): void {
  strike(apple, '/auth/keys', fault)
}

/** The answer that cannot be misread: Apple is there, and its keys are not. */
function down(): void {
  strikeKeys({ name: 'down', answer: (res) => res.writeHead(503).end() })
}

function keyRequests(): number {
  return apple.requestsTo('/auth/keys').length
}

async function expectSignIn(visitor: Visitor): Promise<void> {
  expect((await signIn(apple, visitor)).status).toBe(303)
  expect((await visitor.get('/private')).status).toBe(200)
}

describe('a login while no key is cached and the key endpoint', () => {
  it.each(faults)('$name: fails and says so, and works once the keys are back', async (fault) => {
    const app = await start(deadlineFor(fault))
    const visitor = app.visitor()
    const error = await failLogin(apple, app, {
      visitor,
      status: 424,
      code: 'ERR_APPLE_UNAVAILABLE',
      say: appleIsSilent,
      strike: () => {
        strikeKeys(fault)
      },
    })
    expect(error.message).toBe(
      "Apple's public keys could not be fetched, so nothing that Apple signed can be verified.",
    )
    expect(error.cause).toMatchObject({
      code: 'ERR_APPLE_UNAVAILABLE',
      details: fault.reason === undefined ? { status: fault.status } : { reason: fault.reason },
    })
    expect(pathsAsked(apple)).toEqual(['/auth/token', '/auth/keys'])

    apple.misbehave = () => false
    // They are asked for once a second at most.
    await withClockAhead(2, () => expectSignIn(visitor))
  })

  it('is slow, within the deadline: works', async () => {
    const visitor = (await start()).visitor()
    apple.delay = () => 300
    await expectSignIn(visitor)
    expect(keyRequests()).toBe(1)
  })
})

describe('logins while keys are cached and the key endpoint', () => {
  it.each(faults)('$name: go on, and Apple is not asked at each of them', async (fault) => {
    const app = await start(deadlineFor(fault))
    await expectSignIn(app.visitor())
    const heard = listen(app.apple)
    strikeKeys(fault)
    // Six hours later the keys are due to be fetched again.
    await withClockAhead(7 * hours, async () => {
      await expectSignIn(app.visitor())
      await expectSignIn(app.visitor())
    })
    expect(keyRequests()).toBe(2)
    expect(heard.map(({ name }) => name)).toEqual(['login', 'login'])
    expect(app.errors).toEqual([])
  })

  it('is down for an hour: nobody notices, and it is not even asked', async () => {
    const app = await start()
    const visitor = app.visitor()
    await expectSignIn(visitor)
    down()
    for (const minute of [1, 15, 30, 45, 60]) {
      await withClockAhead(minute * minutes, () => expectSignIn(app.visitor()))
    }
    await withClockAhead(1 * hours, async () => {
      expect((await visitor.get('/private')).status).toBe(200)
    })
    expect([keyRequests(), app.errors]).toEqual([1, []])
  })

  it('is down for more than a day: logins fail and say so, who is signed in stays so', async () => {
    const app = await start()
    const visitor = app.visitor()
    await expectSignIn(visitor)
    down()
    await withClockAhead(25 * hours, async () => {
      const stranger = app.visitor()
      await failLogin(apple, app, {
        visitor: stranger,
        status: 424,
        code: 'ERR_APPLE_UNAVAILABLE',
        say: appleIsSilent,
      })
      expect((await visitor.get('/private')).status).toBe(200)
    })
    apple.misbehave = () => false
    await withClockAhead(25 * hours + 2, () => expectSignIn(app.visitor()))
  })
})

describe('keys that Apple exchanges between authorize and token', () => {
  it.each([
    ['with the old ones cached', true, 2],
    ['with none cached', false, 1],
  ])('%s: the login works, by one request for the new ones', async (_name, cached, requests) => {
    const app = await start()
    if (cached) await expectSignIn(app.visitor())
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    apple.keys = [newKey]
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    expect((await postCallback(visitor, fields)).status).toBe(303)
    expect((await visitor.get('/private')).status).toBe(200)
    expect([keyRequests(), app.errors]).toEqual([requests, []])
  })

  it('after the id_token was signed by an old one: the login works', async () => {
    const app = await start()
    await expectSignIn(app.visitor())
    const { kid, privateKey } = apple.signer
    apple.keys = [newKey]
    const visitor = app.visitor()
    const answer = await signIn(apple, visitor, { idToken: { header: { kid }, key: privateKey } })
    expect([answer.status, keyRequests()]).toEqual([303, 1])
  })

  it('while the key endpoint is down: logins fail until it is back', async () => {
    const app = await start()
    const visitor = app.visitor()
    await expectSignIn(visitor)
    apple.keys = [newKey]
    down()
    const error = await failLogin(apple, app, {
      visitor: app.visitor(),
      status: 424,
      code: 'ERR_APPLE_UNAVAILABLE',
      say: appleIsSilent,
    })
    expect(error.cause).toBeInstanceOf(AppleUnavailableError)
    expect((await visitor.get('/private')).status).toBe(200)

    apple.misbehave = () => false
    // For an unknown key they are asked for every half minute at most.
    await withClockAhead(31, () => expectSignIn(app.visitor()))
  })
})
