import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { decodeIdToken, isSigned } from '../support/id-token.js'

describe('signNotification', () => {
  let simulator: AppleSimulator
  let app: App

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
    app = new App(simulator, 'sign-in-with-apple')
  })
  afterEach(() => simulator.close())

  it('hands over what Apple would post, and sends nothing', async () => {
    const { clientId } = app.credentials
    const { refresh_token } = await app.signIn(personId(simulator, 'Home User'), { scope: 'email' })
    const about = { clientId, personId: personId(simulator, 'Home User') }
    const jwt = await simulator.signNotification({ ...about, type: 'consent-revoked', jti: 'first' })
    expect(await isSigned(simulator, jwt)).toBe(true)
    const { claims } = decodeIdToken(jwt)
    expect(claims).toMatchObject({ iss: simulator.url, aud: clientId, jti: 'first' })
    expect(JSON.parse(String(claims.events))).toMatchObject({ type: 'consent-revoked', sub: about.personId })
    expect((await app.refresh(refresh_token)).body.error).toBe('invalid_grant')
    expect(simulator.notifications).toEqual([])
  })

  it('refuses an app that is not registered', async () => {
    const about = { clientId: 'com.example.none', personId: personId(simulator, 'Home User') }
    await expect(simulator.signNotification({ ...about, type: 'account-deleted' })).rejects.toThrow(
      'notify: the client com.example.none is not registered.',
    )
  })
})
