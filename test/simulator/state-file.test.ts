import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../src/simulator/index.js'
import { App, personId } from './support/app.js'
import { NotificationReceiver } from './support/notification-receiver.js'

describe('stateFile', () => {
  let folder: string
  let stateFile: string
  let simulator: AppleSimulator
  let clock: number

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulator-'))
    stateFile = join(folder, 'state.json')
    clock = Date.now()
  })

  afterEach(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true })
  })

  async function start(options: AppleSimulatorOptions = {}): Promise<AppleSimulator> {
    simulator = createAppleSimulator({ stateFile, now: () => clock, ...options })
    await simulator.listen()
    return simulator
  }

  /** Stops the simulator and starts another one, with an app that is registered as the one before was. */
  async function restart(
    service: 'account-data-sharing' | 'sign-in-with-apple' = 'account-data-sharing',
    options: AppleSimulatorOptions = {},
  ): Promise<App> {
    await simulator.close()
    return new App(await start(options), service, {}, () => clock)
  }

  async function connect(name = 'School Administrator') {
    await start()
    const app = new App(simulator, 'account-data-sharing', {}, () => clock)
    return { app, tokens: await app.signIn(personId(simulator, name)) }
  }

  const saved = () => JSON.parse(readFileSync(stateFile, 'utf8')) as { grants: object[]; tokens: object[] }

  it('lets access and refresh tokens survive, with their scopes, person and end', async () => {
    const { tokens } = await connect()
    const app = await restart()
    expect((await app.organization(tokens.access_token)).status).toBe(200)
    clock += 3_600_000
    expect((await app.organization(tokens.access_token)).status).toBe(401)
    const { status, body } = await app.refresh(tokens.refresh_token)
    expect(status).toBe(200)
    // The refresh token and the new access token: what expired is not kept.
    expect(saved().tokens).toHaveLength(2)
    const again = await restart()
    expect((await again.organization(body.access_token)).body).toMatchObject({ name: 'First School' })
    expect((await again.organization(tokens.access_token)).status).toBe(401)
  })

  it('remembers the consent, so that the name is sent the first time only, and the hidden address', async () => {
    await start()
    const home = personId(simulator, 'Home User')
    const first = new App(simulator, 'sign-in-with-apple', {}, () => clock)
    const { fields } = await first.approve(home, {}, { hide_email: 'true' })
    expect(fields).toHaveProperty('user')
    const again = await restart('sign-in-with-apple')
    expect((await again.approve(home)).fields).not.toHaveProperty('user')
    expect(saved().grants).toEqual([expect.objectContaining({ hideEmail: true, personId: home })])
    simulator.revokeGrant()
    const last = await restart('sign-in-with-apple')
    expect((await last.approve(home)).fields).toHaveProperty('user')
  })

  it('takes back a consent of a file that does not say when it began', async () => {
    const { tokens } = await connect()
    const { grants, ...rest } = saved()
    const older = grants.map(({ openedAt: _, ...grant }: { openedAt?: number }) => grant)
    await simulator.close()
    writeFileSync(stateFile, JSON.stringify({ ...rest, grants: older }))
    await start()
    const receiver = await NotificationReceiver.start()
    const app = new App(simulator, 'account-data-sharing', { notificationUrl: receiver.url }, () => clock)
    expect((await app.refresh(tokens.refresh_token)).status).toBe(200)
    await simulator.notify({ type: 'consent-revoked', personId: personId(simulator, 'School Administrator') })
    expect((await app.refresh(tokens.refresh_token)).status).toBe(400)
    await receiver.close()
  })

  it('forgets what was revoked, by the app or by the school, and what expireAccessTokens ended', async () => {
    const { tokens } = await connect()
    simulator.expireAccessTokens()
    const app = await restart()
    expect((await app.organization(tokens.access_token)).status).toBe(401)
    const { body } = await app.refresh(tokens.refresh_token)
    await app.revoke(tokens.refresh_token)
    expect(saved()).toMatchObject({ grants: [], tokens: [] })
    const later = await restart()
    expect((await later.organization(body.access_token)).status).toBe(401)
    expect((await later.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('forgets what a notification ended, before the app hears of it', async () => {
    const receiver = await NotificationReceiver.start()
    await start()
    const home = personId(simulator, 'Home User')
    const app = new App(simulator, 'sign-in-with-apple', { notificationUrl: receiver.url }, () => clock)
    await app.signIn(home)
    receiver.replies = ['hang']
    const told = simulator.notify({ type: 'consent-revoked', personId: home })
    await receiver.nth(1)
    expect(saved()).toMatchObject({ grants: [], tokens: [] })
    await simulator.close()
    await Promise.all([told, receiver.close()])
  })

  it('answers 401 as long as the app of a token is not registered again', async () => {
    const { app, tokens } = await connect()
    await simulator.close()
    await start()
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    const ask = async () => (await fetch(`${simulator.url}/rosterapi/v1/users`, { headers })).status
    expect(await ask()).toBe(401)
    simulator.createClient({
      service: 'account-data-sharing',
      redirectUris: ['http://localhost:3000/callback'],
      clientId: app.credentials.clientId,
    })
    expect(await ask()).toBe(200)
  })

  it('leaves out the consents and tokens of people and schools that are gone', async () => {
    const { tokens } = await connect()
    const school = { id: '0b4f1f7e-aaaa-4a5c-9a51-51c7b0a1f001', name: 'Some School' }
    const app = await restart('account-data-sharing', { people: [], schools: [school] })
    expect((await app.organization(tokens.access_token)).status).toBe(401)
    expect(saved()).toMatchObject({ grants: [], tokens: [] })
  })

  it('is for its owner alone, whole at any time, and has no leftovers beside it', async () => {
    await connect()
    expect(statSync(stateFile).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['state.json'])
    expect(saved().tokens).toHaveLength(2)
  })

  it('is written before the app hears of its tokens', async () => {
    const { app, tokens } = await connect()
    const { body } = await app.refresh(tokens.refresh_token)
    expect(readFileSync(stateFile, 'utf8')).toContain(body.access_token)
  })

  it('stays away without the option', async () => {
    await start({ stateFile: undefined } as object)
    const app = new App(simulator, 'account-data-sharing', {}, () => clock)
    await app.signIn(personId(simulator, 'School Administrator'))
    expect(readdirSync(folder)).toEqual([])
  })

  it('answers 500 naming the file when it cannot be written any more', async () => {
    const { app, tokens } = await connect()
    rmSync(folder, { recursive: true })
    const response = await fetch(`${app.base}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: app.credentials.clientId,
        client_secret: app.secret(),
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token,
      }),
    })
    const text = await response.text()
    expect([response.status, text]).toEqual([500, expect.stringContaining(`cannot write its stateFile ${stateFile}`)])
    folder = mkdtempSync(join(tmpdir(), 'simulator-'))
  })

  describe('refuses to start', () => {
    const good = { service: 'sign-in-with-apple', consentGroup: 'g', tokenFamily: 'abcd' }
    const token = { token: 'secret', kind: 'access_token', grant: 0, clientId: 'c', scopes: ['a'], authTime: 1 }
    const version = 1

    it.each([
      ['half a file', '{"version": 1, "tokens": [{"token": "secret', 'it is not JSON'],
      ['an empty file', '', 'it is not JSON'],
      ['a list', '[]', 'it is not an object'],
      ['another version', '{"version":2,"grants":[],"tokens":[]}', 'its version is not 1'],
      ['no tokens', '{"version":1,"grants":[]}', 'tokens is not a list'],
      ['no grant', { version, grants: [null], tokens: [] }, 'grants[0] is not an object'],
      ['another service', { version, grants: [{ ...good, service: 'x' }], tokens: [] }, 'grants[0].service'],
      ['no group', { version, grants: [{ ...good, consentGroup: '' }], tokens: [] }, 'grants[0].consentGroup'],
      ['a strange choice', { version, grants: [{ ...good, hideEmail: 'yes' }], tokens: [] }, 'grants[0].hideEmail'],
      ['a strange beginning', { version, grants: [{ ...good, openedAt: 'x' }], tokens: [] }, 'grants[0].openedAt'],
      ['a strange person', { version, grants: [{ ...good, personId: 7 }], tokens: [] }, 'grants[0].personId'],
      ['another kind', { version, grants: [good], tokens: [{ ...token, kind: 'code' }] }, 'tokens[0].kind'],
      ['no such grant', { version, grants: [good], tokens: [{ ...token, grant: 1 }] }, 'tokens[0].grant'],
      ['no scopes', { version, grants: [good], tokens: [{ ...token, scopes: 'a' }] }, 'scopes is not a list'],
      ['a strange end', { version, grants: [good], tokens: [{ ...token, expiresAt: 'x' }] }, 'tokens[0].expiresAt'],
    ])('with %s, naming the file and what to do, without its content', (_case, content, why) => {
      simulator = createAppleSimulator()
      const text = typeof content === 'string' ? content : JSON.stringify(content)
      writeFileSync(stateFile, text)
      let refusal: unknown
      try {
        createAppleSimulator({ stateFile })
      } catch (error) {
        refusal = error
      }
      expect(String(refusal)).toContain(`The stateFile ${stateFile} of the Apple simulator is damaged: ${why}`)
      expect(String(refusal)).toContain('Delete it to start without consents and tokens')
      expect(String(refusal)).not.toContain('secret')
      expect(readFileSync(stateFile, 'utf8')).toBe(text)
    })

    it('when the folder is missing, or the path is a folder', () => {
      simulator = createAppleSimulator()
      expect(() => createAppleSimulator({ stateFile: join(folder, 'none', 'state.json') })).toThrow(
        /cannot write its stateFile .* \(ENOENT\): create its folder/,
      )
      expect(() => createAppleSimulator({ stateFile: folder })).toThrow(/cannot read its stateFile .* \(EISDIR\)/)
    })
  })
})
