import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { AppleIdTokenError } from '../../src/index.js'
import { freezeDate, thawDate } from '../apple/clock.js'
import { withClockAhead } from '../support/clock.js'
import { expectRefused, expectUsedUp } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf, type Visitor } from '../support/login-steps.js'
import { type IdTokenParts, LoopbackApple, signJwt, signTexts } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp
const hour = 3600

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url)
})
afterEach(() => {
  apple.reset()
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

const now = (): number => Math.floor(Date.now() / 1000)
const clientId = 'com.example.web'

async function expectTokenRefused(idToken: IdTokenParts, because: RegExp): Promise<void> {
  const visitor = app.visitor()
  const authorizeUrl = await beginLogin(visitor)
  const code = apple.issueCode(authorizeUrl, idToken)
  const answer = await postCallback(visitor, { code, state: stateOf(authorizeUrl) })
  await expectRefused(answer, visitor, 'ERR_APPLE_ID_TOKEN')
  const error = app.errors.at(-1)
  expect(error).toBeInstanceOf(AppleIdTokenError)
  expect((error as AppleIdTokenError).message).toMatch(because)
  await expectUsedUp(apple, visitor, authorizeUrl)
}

/** A second is a second then, however slow the machine is. */
async function withClockStopped(run: () => Promise<void>): Promise<void> {
  freezeDate()
  try {
    await run()
  } finally {
    thawDate()
  }
}

async function signedIn(idToken: IdTokenParts): Promise<Visitor> {
  const visitor = app.visitor()
  expect((await signIn(apple, visitor, { idToken })).status).toBe(303)
  return visitor
}

describe('id_token claims (catalogue section 2): who it is from and for', () => {
  it.each([
    ['another', () => ({ claims: { iss: `${apple.url}1` } })],
    ['missing', () => ({ without: ['iss'] })],
    ['with a slash behind it', () => ({ claims: { iss: `${apple.url}/` } })],
    ['in other case', () => ({ claims: { iss: apple.url.toUpperCase() } })],
    ['a list', () => ({ claims: { iss: [apple.url] } })],
    ["Data Sharing's, at Sign in with Apple", () => ({ claims: { iss: `${apple.url}/auth/oauth2/v2` } })],
  ])('row 35: refuses an iss that is %s', async (_name, parts) => {
    await expectTokenRefused(parts(), /iss/)
  })

  it.each([
    ['another', `${clientId}1`],
    ['null', null],
    ['an empty list', []],
    ['a prefix', 'com.example'],
    ['several in one text', `${clientId} other`],
    ['row 38: two, without azp', [clientId, 'other']],
    ['twice the same', [clientId, clientId]],
    ['an object', { [clientId]: true }],
  ])('row 36: refuses an aud that is %s', async (_name, aud) => {
    await expectTokenRefused({ claims: { aud } }, /aud/)
  })

  it('row 36: refuses a missing aud', async () => {
    await expectTokenRefused({ without: ['aud'] }, /aud/)
  })

  it('row 37: takes a list with our client id alone', async () => {
    await signedIn({ claims: { aud: [clientId] } })
  })

  it('rows 38 and 40: refuses an azp of another client, and two audiences even with ours as azp', async () => {
    await expectTokenRefused({ claims: { azp: 'other' } }, /azp/)
    await expectTokenRefused({ claims: { aud: [clientId, 'other'], azp: clientId } }, /aud/)
    await signedIn({ claims: { azp: clientId } })
  })

  it.each([
    ['an object', { sub: 'x' }],
    ['empty', ''],
    ['a number', 7],
    ['of 256 characters', 'x'.repeat(256)],
    ['null', null],
  ])('rows 41 and 42: refuses a sub that is %s', async (_name, sub) => {
    await expectTokenRefused({ claims: { sub } }, /sub/)
  })

  it('rows 41 and 42: refuses a missing sub, takes one of 255 characters', async () => {
    await expectTokenRefused({ without: ['sub'] }, /sub/)
    await signedIn({ claims: { sub: 'x'.repeat(255) } })
  })
})

describe('id_token claims (catalogue section 2): times', () => {
  it.each([
    ['missing', () => ({ without: ['iat'] }), /no iat/],
    ['a text', () => ({ claims: { iat: String(now()) } }), /no iat/],
    ['an hour ahead', () => ({ claims: { iat: now() + hour } }), /future/],
    ['seven days old', () => ({ claims: { iat: now() - 7 * 24 * hour } }), /24 hours/],
  ])('rows 43 and 44: refuses an iat that is %s', async (_name, parts, because) => {
    await expectTokenRefused(parts(), because)
  })

  it.each([
    ['missing', () => ({ without: ['exp'] })],
    ['past', () => ({ claims: { exp: now() - hour } })],
    ['a text', () => ({ claims: { exp: String(now() + hour) } })],
    ['null', () => ({ claims: { exp: null } })],
  ])('row 45: refuses an exp that is %s', async (_name, parts) => {
    await expectTokenRefused(parts(), /exp/)
  })

  it('row 46: refuses an exp beyond numbers', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const good = apple.idToken(clientId, { claims: { exp: 4242424242 } }, authorizeUrl.searchParams.get('nonce'))
    const [header = '', payload = ''] = good.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    const beyond = signTexts(header, payload.replace('4242424242', '1e999'), apple.signer.privateKey)
    apple.tokenAnswer = { id_token: beyond }
    const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    await expectRefused(answer, visitor, 'ERR_APPLE_ID_TOKEN')
  })

  it('row 47: allows exp and iat the 30 seconds of tolerance, to the second', async () => {
    await withClockStopped(async () => {
      await signedIn({ claims: { exp: now() - 29 } })
      await expectTokenRefused({ claims: { exp: now() - 30 } }, /exp/)
      await expectTokenRefused({ claims: { exp: now() - 31 } }, /exp/)
      await signedIn({ claims: { iat: now() + 29 } })
      await signedIn({ claims: { iat: now() + 30 } })
      await expectTokenRefused({ claims: { iat: now() + 31 } }, /future/)
    })
  })

  it('row 44: allows an iat of 24 hours ago and the tolerance, to the second', async () => {
    await withClockStopped(async () => {
      await signedIn({ claims: { iat: now() - 24 * hour - 30 } })
      await expectTokenRefused({ claims: { iat: now() - 24 * hour - 31 } }, /24 hours/)
    })
  })

  it.each([hour, 'soon', null])('row 48: refuses an nbf ahead or of another type', async (nbf) => {
    await expectTokenRefused({ claims: { nbf: typeof nbf === 'number' ? now() + nbf : nbf } }, /nbf/)
  })
})

describe('id_token claims (catalogue section 2): nonce and hashes', () => {
  it.each([
    ['another', () => ({ claims: { nonce: 'another' } }), /another login/],
    ['missing', () => ({ without: ['nonce'] }), /no nonce/],
    ['empty', () => ({ claims: { nonce: '' } }), /nonce/],
    ['a list', () => ({ claims: { nonce: ['x'] } }), /nonce/],
  ])('row 49: refuses a nonce that is %s', async (_name, parts, because) => {
    await expectTokenRefused(parts(), because)
  })

  it('row 49: refuses the nonce in other case or with one more character', async () => {
    for (const change of [
      (nonce: string) => `${nonce}1`,
      (nonce: string) => nonce.toLowerCase(),
      (nonce: string) => [nonce],
    ]) {
      const visitor = app.visitor()
      const authorizeUrl = await beginLogin(visitor)
      const nonce = change(authorizeUrl.searchParams.get('nonce') ?? '')
      const code = apple.issueCode(authorizeUrl, { claims: { nonce } })
      await expectRefused(
        await postCallback(visitor, { code, state: stateOf(authorizeUrl) }),
        visitor,
        'ERR_APPLE_ID_TOKEN',
      )
    }
  })

  it('row 50: refuses a missing nonce even where nonce_supported is false', async () => {
    await expectTokenRefused({ without: ['nonce'], claims: { nonce_supported: false } }, /no nonce/)
  })

  it('row 51: refuses the nonce of an earlier login in the same session', async () => {
    const visitor = app.visitor()
    const first = await beginLogin(visitor)
    const second = await beginLogin(visitor)
    const code = apple.issueCode(second, { claims: { nonce: first.searchParams.get('nonce') } })
    await expectRefused(await postCallback(visitor, { code, state: stateOf(second) }), visitor, 'ERR_APPLE_ID_TOKEN')
  })

  it('row 51: refuses it as well once the earlier login is finished, and that login stays', async () => {
    const visitor = app.visitor()
    const first = await beginLogin(visitor)
    const finished = { code: apple.issueCode(first, { claims: { sub: 'one' } }), state: stateOf(first) }
    expect((await postCallback(visitor, finished)).status).toBe(303)
    const second = await beginLogin(visitor)
    const claims = { sub: 'two', nonce: first.searchParams.get('nonce') }
    const answer = await postCallback(visitor, { code: apple.issueCode(second, { claims }), state: stateOf(second) })
    expect([answer.status, answer.body]).toEqual([401, { code: 'ERR_APPLE_ID_TOKEN', say: expect.any(String) }])
    expect((app.errors.at(-1) as AppleIdTokenError).message).toMatch(/another login/)
    expect((await visitor.get('/')).body).toEqual({ signedIn: true, sub: 'one' })
  })

  it('row 52: refuses a wrong at_hash, takes an absent one', async () => {
    await expectTokenRefused({ claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } }, /at_hash/)
    await signedIn({ without: ['at_hash'] })
  })
})

describe('id_token claims (catalogue section 2): what becomes of them', () => {
  it('rows 53 and 54: reads "false" as false, and does without an e-mail address', async () => {
    const visitor = await signedIn({ claims: { email_verified: 'false', is_private_email: 'true' } })
    expect((await visitor.get('/private')).body.user).toMatchObject({ emailVerified: false, isPrivateEmail: true })
    const other = await signedIn({ without: ['email', 'email_verified'] })
    const { user } = (await other.get('/private')).body
    expect(user).toEqual({ sub: expect.any(String), emailVerified: false, isPrivateEmail: false })
  })

  it.each([[['a', 'list']], ['a text'], [null], [7]])('row 59: refuses the payload %j', async (payload) => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    apple.tokenAnswer = { id_token: signJwt({ alg: 'RS256', kid: apple.signer.kid }, payload, apple.signer.privateKey) }
    const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    await expectRefused(answer, visitor, 'ERR_APPLE_ID_TOKEN')
  })

  it('row 59: refuses a payload that is no JSON, and one of more than 16 KiB', async () => {
    await expect(
      app.apple.verifyIdToken(signTexts(`{"alg":"RS256","kid":"${apple.signer.kid}"}`, '{no', apple.signer.privateKey)),
    ).rejects.toThrow(AppleIdTokenError)
    await expectTokenRefused({ claims: { filler: 'x'.repeat(16 * 1024) } }, /16 KiB/)
  })
})

describe('id_token claims (catalogue section 2): at refresh', () => {
  async function visitorWithEndedToken(): Promise<{ visitor: Visitor; app: TestApp }> {
    const refreshing = await TestApp.start(apple.url, {
      routes: (routes) =>
        routes.get('/token', (req, res, next) => {
          req.apple.getAccessToken().then((token) => res.json({ length: token.length }), next)
        }),
    })
    const visitor = refreshing.visitor()
    await signIn(apple, visitor, { idToken: { claims: { sub: 'one' } } })
    return { visitor, app: refreshing }
  }

  it.each([
    ['row 62: the sub', { claims: { sub: 'two' } }],
    ['row 63: the iss', { claims: { sub: 'one', iss: 'other issuer' } }],
  ])('%s changes: the refresh fails', async (_name, parts) => {
    const { visitor, app: refreshing } = await visitorWithEndedToken()
    await withClockAhead(hour, async () => {
      apple.tokenAnswer = { id_token: apple.idToken(clientId, parts) }
      expect((await visitor.get('/token')).status).toBe(401)
    })
    await refreshing.stop()
  })

  it('row 62: a changed sub ends the login', async () => {
    const { visitor, app: refreshing } = await visitorWithEndedToken()
    await withClockAhead(hour, async () => {
      apple.tokenAnswer = { id_token: apple.idToken(clientId, { claims: { sub: 'two' } }) }
      await visitor.get('/token')
    })
    expect((await visitor.get('/')).body).toEqual({ signedIn: false })
    await refreshing.stop()
  })

  it('row 63: an issuer that is allowed but not the one of the login ends the login', async () => {
    const both = await TestApp.start(apple.url, {
      options: { issuer: [apple.url, 'https://second.example'] },
      routes: (routes) =>
        routes.get('/token', (req, res, next) => {
          req.apple.getAccessToken().then(() => res.json({}), next)
        }),
    })
    const visitor = both.visitor()
    await signIn(apple, visitor, { idToken: { claims: { sub: 'one' } } })
    await withClockAhead(hour, async () => {
      apple.tokenAnswer = {
        id_token: apple.idToken(clientId, { claims: { sub: 'one', iss: 'https://second.example' } }),
      }
      expect((await visitor.get('/token')).status).toBe(401)
    })
    expect((await visitor.get('/')).body).toEqual({ signedIn: false })
    await both.stop()
  })

  it('row 64: a refresh without an id_token keeps the login', async () => {
    const { visitor, app: refreshing } = await visitorWithEndedToken()
    await withClockAhead(hour, async () => {
      expect((await visitor.get('/token')).status).toBe(200)
      expect((await visitor.get('/')).body).toEqual({ signedIn: true, sub: 'one' })
    })
    await refreshing.stop()
  })
})
