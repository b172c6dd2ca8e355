import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type DeviceSignInOptions } from '../../../src/simulator/index.js'
import { App, personId, redirectUri } from '../support/app.js'
import { signClientSecret } from '../support/client-secret.js'
import { decodeIdToken, isSigned, leftHalfHash } from '../support/id-token.js'

const clientId = 'com.example.phone'

describe('signInOnDevice', () => {
  let simulator: AppleSimulator
  let app: App
  let homeUser: string

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
    app = new App(simulator, 'sign-in-with-apple', { bundleIds: [clientId] })
    homeUser = personId(simulator, 'Home User')
  })
  afterEach(() => simulator.close())

  const signIn = (options: Partial<DeviceSignInOptions> = {}) =>
    simulator.signInOnDevice({ clientId, personId: homeUser, ...options })

  /** Exchanges a code as the app's own server does: under the bundle id, with the team's one key. */
  const exchange = (code: string, fields: Record<string, string | undefined> = {}) =>
    app.exchange(code, {
      client_id: clientId,
      client_secret: signClientSecret({ ...app.credentials, clientId, now: Date.now() }),
      redirect_uri: undefined,
      ...fields,
    })

  it('mints an identity token for the bundle id, with the nonce as it was sent', async () => {
    const nonce = createHash('sha256').update('raw nonce').digest('hex')
    const { identityToken, authorizationCode } = await signIn({ nonce })
    expect(await isSigned(simulator, identityToken)).toBe(true)
    const { claims } = decodeIdToken(identityToken)
    expect(claims).toMatchObject({ iss: simulator.url, aud: clientId, sub: homeUser, nonce, nonce_supported: true })
    expect(claims.c_hash).toBe(leftHalfHash(authorizationCode))
    expect(claims).not.toHaveProperty('at_hash')
    expect(decodeIdToken((await signIn()).identityToken).claims).not.toHaveProperty('nonce')
  })

  it('tells the name and that the person is likely real at the first consent only', async () => {
    const first = await signIn()
    const later = await signIn()
    expect(first.user).toEqual({ name: { firstName: 'Home', lastName: 'User' }, email: 'home.user@home.example' })
    expect(later).not.toHaveProperty('user')
    expect(decodeIdToken(first.identityToken).claims.real_user_status).toBe(2)
    expect(decodeIdToken(later.identityToken).claims).not.toHaveProperty('real_user_status')
    simulator.revokeGrant({ personId: homeUser })
    expect((await signIn()).user).toEqual(first.user)
  })

  it.each([
    ['name', { name: { firstName: 'Home', lastName: 'User' } }, undefined],
    ['email', { email: 'home.user@home.example' }, 'home.user@home.example'],
    ['', undefined, undefined],
  ])('gives what the scope "%s" asks for', async (scope, user, email) => {
    const signedIn = await signIn({ scope })
    expect(signedIn.user).toEqual(user)
    expect(decodeIdToken(signedIn.identityToken).claims.email).toBe(email)
  })

  it('hides the address of a private account, and keeps to it', async () => {
    const { user, identityToken } = await signIn({ hideEmail: true })
    expect(user?.email).toMatch(/@privaterelay\.appleid\.com$/)
    const again = decodeIdToken((await signIn({ hideEmail: false })).identityToken).claims
    expect(again).toMatchObject({ email: user?.email, is_private_email: true })
    expect(decodeIdToken(identityToken).claims.email).toBe(user?.email)
    const teacher = personId(simulator, 'Class Teacher')
    const managed = decodeIdToken((await signIn({ personId: teacher, hideEmail: true })).identityToken).claims
    expect(managed.email).toBe('class.teacher@first-school.example')
    expect(managed.org_id).toBeDefined()
  })

  it('shares the consent with the app’s own website', async () => {
    await app.approve(homeUser)
    expect(await signIn()).not.toHaveProperty('user')
    expect(simulator.revokeGrant({ clientId: app.credentials.clientId })).toBe(1)
    expect(await signIn()).toHaveProperty('user')
  })

  describe('the code', () => {
    it('is exchanged once, under the bundle id and without a redirect_uri', async () => {
      const { authorizationCode } = await signIn({ nonce: 'n' })
      const { status, body } = await exchange(authorizationCode)
      expect(status).toBe(200)
      const { claims } = decodeIdToken(body.id_token)
      expect(claims).toMatchObject({ aud: clientId, sub: homeUser, nonce: 'n' })
      expect(claims).not.toHaveProperty('real_user_status')
      expect((await exchange(authorizationCode)).body.error_description).toBe('The code has already been used.')
    })

    it('is refused with a redirect_uri, and under another client id', async () => {
      const { authorizationCode } = await signIn()
      const withUri = await exchange(authorizationCode, { redirect_uri: redirectUri })
      const description = `redirect_uri mismatch. The code was not issued to ${redirectUri}.`
      expect([withUri.status, withUri.body]).toEqual([400, { error: 'invalid_grant', error_description: description }])
      const elsewhere = await exchange(authorizationCode, app.identity())
      expect(elsewhere.body.error_description).toContain('client_id mismatch')
      expect((await exchange(authorizationCode)).status).toBe(200)
    })

    it('from the browser still needs its redirect_uri', async () => {
      const answer = await app.exchange(await app.code(homeUser), { redirect_uri: undefined })
      expect([answer.status, answer.body]).toEqual([400, { error: 'invalid_request' }])
    })
  })

  it('offers no sign-in in a browser to a bundle id', async () => {
    const { status, html } = await app.open({ client_id: clientId })
    expect(status).toBe(400)
    expect(html).toContain('Invalid web redirect url')
  })

  it('names the bundle ids as audiences in the environment', () => {
    expect(app.credentials.environment.APPLE_AUDIENCES).toBe(clientId)
    const without = simulator.createClient({ service: 'sign-in-with-apple', redirectUris: [redirectUri] })
    expect(without.environment.APPLE_AUDIENCES).toBe('')
  })

  const refused: [string, object, string][] = [
    ['an unknown option', { person: 'x' }, 'signInOnDevice has no "person"'],
    ['an unknown client', { clientId: 'com.example.none' }, 'signInOnDevice: the client com.example.none is not reg'],
    ['an unknown person', { personId: 'nobody' }, 'signInOnDevice: there is no person with the id nobody.'],
    ['an unknown scope', { scope: 'name phone' }, 'may not ask for the scope phone, only for name, email, openid.'],
  ]
  it.each(refused)('refuses %s', async (_case, options, message) => {
    await expect(signIn(options)).rejects.toThrow(message)
  })

  it('refuses an app of Data Sharing, and a record that is no account', async () => {
    const sharing = new App(simulator, 'account-data-sharing').credentials.clientId
    await expect(signIn({ clientId: sharing })).rejects.toThrow(`${sharing} is not configured for Sign in with Apple.`)
    const record = personId(simulator, 'given100 family100')
    await expect(signIn({ personId: record })).rejects.toThrow('is a record of the test organization')
  })
})
