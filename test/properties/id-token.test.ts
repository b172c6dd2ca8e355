import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { AppleIdTokenError } from '../../src/index.js'
import { expectNoSecret } from '../support/expect-refused.js'
import { buildToken, type TokenTruth } from './built-token.js'
import { generatedIdToken } from './id-tokens.js'
import { runs } from './runs.js'
import { isGoodIdToken } from './token-rules.js'
import { useTwoTabs } from './two-tabs.js'
import { WireBrowser } from './wire-browser.js'

const { apple, startApp, begin, finish } = useTwoTabs()

const clientId = 'com.example.web'
/** The claims that Apple documents: nothing else of a token may be seen again. */
const documented =
  /^(iss|aud|sub|iat|exp|nonce|nonce_supported|auth_time|email|email_verified|is_private_email|real_user_status|transfer_sub|org_id|scopes|at_hash|c_hash)$/

afterEach(() => {
  apple.reset()
})

function truthOf(nonce: string, accessToken?: string): TokenTruth {
  const hash = accessToken && createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
  return { clientId, issuer: apple.url, nonce, jti: '', keys: apple.keys, accessTokenHash: hash }
}

/** What a promise gives, or the error that says why the token is not taken. */
async function refusalOf<T>(promise: Promise<T>): Promise<T | AppleIdTokenError> {
  try {
    return await promise
  } catch (error) {
    if (!(error instanceof AppleIdTokenError)) throw error
    expectNoSecret(`${error.message}${JSON.stringify(error)}`)
    return error
  }
}

describe('verifyIdToken with any header and claims', () => {
  it.each([3, 1])('takes exactly the good ones; Apple has %s keys', async (count) => {
    apple.keys = apple.keys.slice(0, count)
    const { apple: auth } = await startApp()
    const property = fc.asyncProperty(generatedIdToken, async (generated) => {
      const truth = truthOf('a nonce')
      const token = buildToken(generated, truth)
      const result = await refusalOf(auth.verifyIdToken(token.jwt, { nonce: truth.nonce }))
      expect(!(result instanceof AppleIdTokenError)).toBe(isGoodIdToken(token, truth))
      if (result instanceof AppleIdTokenError) return
      expect(result.sub).toBe(token.claims.get('sub'))
      expect(Object.keys(result.claims).filter((name) => !documented.test(name))).toEqual([])
      expect([typeof result.emailVerified, typeof result.isPrivateEmail]).toEqual(['boolean', 'boolean'])
    })
    await fc.assert(property, runs(300))
  })

  it('takes no text that was changed, unless it still says the same', async () => {
    const { apple: auth } = await startApp()
    const good = apple.idToken(clientId)
    const bytes = (jwt: string): string[] =>
      jwt.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'))
    const piece = fc.oneof(
      fc.constantFrom('.', '=', ' ', '\n', '+', '/', '-', '_', 'A', 'eyJ'),
      fc.string({ maxLength: 3 }),
    )
    const property = fc.asyncProperty(fc.nat(good.length), fc.nat(3), piece, async (at, gone, put) => {
      const jwt = good.slice(0, at) + put + good.slice(at + gone)
      const result = await refusalOf(auth.verifyIdToken(jwt))
      if (!(result instanceof AppleIdTokenError)) expect(bytes(jwt)).toEqual(bytes(good))
    })
    await fc.assert(property, runs(300))
  })

  it('refuses whatever is no JWT', async () => {
    const { apple: auth } = await startApp()
    const property = fc.asyncProperty(fc.oneof(fc.anything(), fc.string({ unit: 'binary' })), async (value) => {
      expect(await refusalOf(auth.verifyIdToken(value as string))).toBeInstanceOf(AppleIdTokenError)
    })
    await fc.assert(property, runs(200))
  })
})

describe('the callback with any id_token from Apple', () => {
  it('signs in exactly by the good ones', async () => {
    const app = await startApp()
    const accessToken = 'a0123456789abcdef'
    const property = fc.asyncProperty(generatedIdToken, async (generated) => {
      const browser = new WireBrowser(app.url)
      const authorizeUrl = await begin(browser, '/private')
      const truth = truthOf(authorizeUrl.searchParams.get('nonce') ?? '', accessToken)
      const token = buildToken(generated, truth)
      apple.tokenAnswer = { id_token: token.jwt, access_token: accessToken }
      const { status } = await finish(browser, authorizeUrl)
      expect(status).toBe(isGoodIdToken(token, truth) ? 303 : 401)
      const { text } = await browser.send({ path: '/' })
      expect(JSON.parse(text)).toEqual(
        status === 303 ? { signedIn: true, sub: token.claims.get('sub') } : { signedIn: false },
      )
    })
    await fc.assert(property, runs(150))
  })
})
