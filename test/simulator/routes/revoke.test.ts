import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../../src/simulator/index.js'
import { App, encodeForm, personId } from '../support/app.js'

describe('revokeEndpoint', () => {
  let simulator: AppleSimulator
  let sharing: App
  let administrator: string

  async function start(options: AppleSimulatorOptions = {}) {
    simulator = createAppleSimulator(options)
    await simulator.listen()
    sharing = new App(simulator, 'account-data-sharing')
    administrator = personId(simulator, 'School Administrator')
  }

  beforeEach(() => start())
  afterEach(() => simulator.close())

  it.each(['refresh_token', 'access_token'] as const)('ends the whole consent behind a live %s', async (name) => {
    const [one, two] = [await sharing.signIn(administrator), await sharing.signIn(administrator)]
    const code = await sharing.code(administrator)
    const { status, text } = await sharing.revoke(one[name])
    expect([status, text]).toEqual([200, ''])
    expect((await sharing.refresh(one.refresh_token)).body).toEqual({ error: 'invalid_grant' })
    expect((await sharing.refresh(two.refresh_token)).body).toEqual({ error: 'invalid_grant' })
    expect((await sharing.organization(one.access_token)).status).toBe(401)
    expect((await sharing.organization(two.access_token)).status).toBe(401)
    expect((await sharing.exchange(code)).body.error).toBe('invalid_grant')
  })

  it('ends the consent of a school for all its administrators, and of no other school', async () => {
    const mine = await sharing.signIn(administrator)
    const colleague = await sharing.signIn(personId(simulator, 'Site Manager'))
    const elsewhere = await sharing.signIn(personId(simulator, 'Other Administrator'))
    await sharing.revoke(mine.refresh_token)
    expect((await sharing.refresh(colleague.refresh_token)).status).toBe(400)
    expect((await sharing.refresh(elsewhere.refresh_token)).status).toBe(200)
  })

  it('answers 200 to a token that was never issued or is revoked already', async () => {
    const { refresh_token } = await sharing.signIn(administrator)
    for (const token of ['junk', refresh_token, refresh_token]) {
      const { status, text } = await sharing.revoke(token)
      expect([status, text]).toEqual([200, ''])
    }
    expect(simulator.requests.at(-1)?.reason).toContain('nothing was revoked')
  })

  it('answers 200 to an expired access token, and leaves the consent alone', async () => {
    const tokens = await sharing.signIn(administrator)
    simulator.expireAccessTokens()
    expect((await sharing.revoke(tokens.access_token)).status).toBe(200)
    expect((await sharing.refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('answers 200 to the token of another client, and leaves it alone', async () => {
    const tokens = await sharing.signIn(administrator)
    const other = new App(simulator, 'account-data-sharing')
    expect((await other.revoke(tokens.refresh_token)).status).toBe(200)
    expect(simulator.requests.at(-1)?.reason).toBe(
      'nothing was revoked: the token belongs to another client or service',
    )
    expect((await sharing.refresh(tokens.refresh_token)).status).toBe(200)
  })

  it.each(['client_id', 'client_secret', 'token'])('answers invalid_request when %s is missing', async (name) => {
    const { status, body } = await sharing.revoke('junk', { [name]: undefined })
    expect([status, body]).toEqual([400, { error: 'invalid_request' }])
  })

  it('answers invalid_request to GET and to a repeated field', async () => {
    expect((await fetch(`${sharing.base}/revoke`)).status).toBe(400)
    const { body } = await sharing.post('revoke', `${encodeForm({ ...sharing.identity(), token: 'a' })}&token=b`)
    expect(body).toEqual({ error: 'invalid_request' })
  })

  it('answers invalid_client to a wrong secret, and revokes nothing', async () => {
    const tokens = await sharing.signIn(administrator)
    const client_secret = sharing.secret({ claims: { iss: 'OTHERTEAM1' } })
    const { status, body } = await sharing.revoke(tokens.refresh_token, { client_secret })
    expect([status, body]).toEqual([400, { error: 'invalid_client' }])
    expect((await sharing.refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('ignores a wrong token_type_hint', async () => {
    const tokens = await sharing.signIn(administrator)
    const { status } = await sharing.revoke(tokens.refresh_token, { token_type_hint: 'access_token' })
    expect(status).toBe(200)
    expect((await sharing.refresh(tokens.refresh_token)).status).toBe(400)
  })

  it('refuses a wrong token_type_hint when told to be strict', async () => {
    await simulator.close()
    await start({ tokenTypeHint: 'strict' })
    const tokens = await sharing.signIn(administrator)
    const wrong = await sharing.revoke(tokens.refresh_token, { token_type_hint: 'access_token' })
    expect([wrong.status, wrong.body]).toEqual([400, { error: 'invalid_grant' }])
    expect((await sharing.revoke('junk', { token_type_hint: 'access_token' })).status).toBe(200)
    expect((await sharing.revoke(tokens.refresh_token, { token_type_hint: 'refresh_token' })).status).toBe(200)
    expect((await sharing.refresh(tokens.refresh_token)).status).toBe(400)
  })
})
