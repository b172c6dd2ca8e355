import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { freezeDate, moveDate, thawDate } from '../apple/clock.js'
import { expectRefused, expectUsedUp } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()
const json = { 'content-type': 'application/json' }

beforeEach(freezeDate)
afterEach(thawDate)

const answers: [name: string, answer: (res: ServerResponse) => unknown][] = [
  ['500', (res) => res.writeHead(500).end('<h1>Internal Server Error</h1>')],
  ['200 with HTML', (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Maintenance</html>')],
  ['no keys', (res) => res.writeHead(200, json).end('{"keys":[]}')],
  ['null', (res) => res.writeHead(200, json).end('{"keys":null}')],
  ['ten thousand keys', (res) => res.writeHead(200, json).end(JSON.stringify({ keys: tenThousandKeys() }))],
  ['10 MB', (res) => res.writeHead(200, json).end(JSON.stringify({ ...apple.jwks(), filler: 'x'.repeat(10_000_000) }))],
  ['nothing at all', () => undefined],
  ['half an answer', (res) => res.writeHead(200, json).write('{"keys":[', () => res.socket?.resetAndDestroy())],
]

/** The good ones in front of many more, in less than a mebibyte. */
function tenThousandKeys(): object[] {
  const others = Array.from({ length: 10_000 }, (_, kid) => ({ kty: 'RSA', n: 'AQAD', e: 'AQAB', kid: String(kid) }))
  return [...apple.jwks().keys, ...others]
}

/** Lets Apple's key endpoint answer so and in no other way. */
function keysAnswer(answer: (res: ServerResponse) => unknown): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/keys')) return false
    answer(res)
    return true
  }
}

/** A login that has to fail because Apple's keys cannot be had, and the next one that works. */
async function expectKeysMissed(app: TestApp): Promise<void> {
  const visitor = app.visitor()
  const authorizeUrl = await beginLogin(visitor)
  const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
  await expectRefused(await postCallback(visitor, fields), visitor, 'ERR_APPLE_UNAVAILABLE')
  apple.misbehave = () => false
  moveDate({ seconds: 2 })
  await expectUsedUp(apple, visitor, authorizeUrl)
  expect((await signIn(apple, visitor)).status).toBe(303)
}

describe('a login while Apple’s key endpoint is out of order (catalogue section 4)', () => {
  it.each(answers)('rows 98 and 99: fails with nobody signed in when it answers %s first', async (_name, answer) => {
    const app = await startApp({ options: { httpTimeoutMs: 1000 } })
    keysAnswer(answer)
    await expectKeysMissed(app)
  })

  it.each(answers)(
    'row 100: works with the keys of before when it answers %s later',
    async (_name, answer) => {
      const app = await startApp({ options: { httpTimeoutMs: 1000 } })
      expect((await signIn(apple, app.visitor())).status).toBe(303)
      keysAnswer(answer)
      for (const hours of [1, 6, 10]) {
        moveDate({ hours })
        expect((await signIn(apple, app.visitor())).status).toBe(303)
      }
      expect(apple.requestsTo('/keys').length).toBeGreaterThan(1)
      // For a day and no longer.
      moveDate({ hours: 8 })
      await expectKeysMissed(app)
    },
    30_000,
  )

  it.each([301, 302, 307])('row 98: follows no %s to the keys of somebody else', async (status) => {
    const elsewhere = await LoopbackApple.start()
    const app = await startApp()
    keysAnswer((res) => res.writeHead(status, { location: `${elsewhere.url}/auth/keys` }).end())
    await expectKeysMissed(app)
    expect(elsewhere.requests).toEqual([])
    await elsewhere.stop()
  })
})
