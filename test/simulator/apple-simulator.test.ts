import { Agent, createServer, get, request, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../src/simulator/index.js'
import { App, personId, redirectUri } from './support/app.js'
import { decodeIdToken } from './support/id-token.js'

describe('createAppleSimulator', () => {
  let simulator: AppleSimulator | undefined

  let server: Server | undefined

  afterEach(async () => {
    await simulator?.close()
    server?.closeAllConnections()
    server?.close()
    server = undefined
  })

  /** Puts an app on a port without the simulator's listen(). */
  async function serve(app: RequestListener): Promise<string> {
    const listening = createServer(app)
    server = listening
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${String((listening.address() as AddressInfo).port)}`
  }

  async function start(options: AppleSimulatorOptions = {}): Promise<AppleSimulator> {
    simulator = createAppleSimulator(options)
    await simulator.listen()
    return simulator
  }

  async function claims(options: AppleSimulatorOptions, decision = {}) {
    const app = new App(await start(options), 'sign-in-with-apple')
    const { fields } = await app.approve(personId(app.simulator, 'Home User'), { nonce: 'n' }, decision)
    return decodeIdToken((await app.exchange(fields.code ?? '')).body.id_token).claims
  }

  describe('knobs', () => {
    it('writes e-mail flags as strings', async () => {
      const shown = await claims({ emailFlags: 'string' })
      expect(shown).toMatchObject({ email_verified: 'true' })
      expect(shown).not.toHaveProperty('is_private_email')
      await simulator?.close()
      expect(await claims({ emailFlags: 'string' }, { hide_email: 'true' })).toMatchObject({ is_private_email: 'true' })
    })

    it('omits the nonce, with nonce_supported true or false', async () => {
      const omitted = await claims({ nonce: 'omitted' })
      expect([omitted.nonce, omitted.nonce_supported]).toEqual([undefined, true])
      await simulator?.close()
      const unsupported = await claims({ nonce: 'omitted', nonceSupported: false })
      expect([unsupported.nonce, unsupported.nonce_supported]).toEqual([undefined, false])
    })

    it('signs Data Sharing id_tokens with the plain issuer', async () => {
      const app = new App(await start({ accountDataSharingIssuer: 'plain' }), 'account-data-sharing')
      const { id_token } = await app.signIn(personId(app.simulator, 'Site Manager'))
      expect(decodeIdToken(id_token).claims.iss).toBe(app.simulator.url)
    })
  })

  describe('options', () => {
    const refused: [string, object, string][] = [
      ['an unknown option', { emailFlag: 'string' }, 'createAppleSimulator has no "emailFlag". It knows: clients,'],
      ['a value', { emailFlags: 'text' }, 'The option emailFlags must be one of boolean, string.'],
      ['a baseUrl that is no URL', { baseUrl: 'apple' }, 'The option baseUrl must be an absolute http or https URL'],
      ['a baseUrl with a query', { baseUrl: 'https://a.example/?b' }, 'without query and fragment'],
      ['part of a person', { schoolSize: 1.5 }, 'The option schoolSize must be a whole number from 0 to 10000000.'],
      ['more than a country', { schoolSize: 1e9 }, 'The option schoolSize must be a whole number from 0 to 10000000.'],
      ['a limit of 0', { rosterMaxLimit: 0 }, 'The option rosterMaxLimit must be a whole number from 1.'],
      ['another scope', { rosterClassUsersScope: 'none' }, 'rosterClassUsersScope must be one of either, users,'],
      ['a boolean', { rosterLastPageToken: true }, 'rosterLastPageToken must be one of omitted, sent.'],
      ['a misspelling', { rosterRoles: 'omit' }, 'The option rosterRoles must be one of sent, omitted.'],
      ['an empty path', { stateFile: '' }, 'The option stateFile must be the path of a file'],
    ]
    it.each(refused)('refuses %s with a sentence', (_case, options, message) => {
      expect(() => createAppleSimulator(options)).toThrow(message)
    })
  })

  describe('in production', () => {
    const before = process.env.NODE_ENV

    afterEach(() => {
      process.env.NODE_ENV = before
    })

    it('does not start, unless told that it may', () => {
      process.env.NODE_ENV = 'production'
      expect(() => createAppleSimulator()).toThrow('set allowInProduction: true')
      expect(() => createAppleSimulator({ allowInProduction: true })).not.toThrow()
    })
  })

  describe('listen', () => {
    it('resolves to the url on a free loopback port', async () => {
      const { url } = await start()
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    })

    it.each(['localhost', '127.0.0.2'])('takes %s', async (host) => {
      simulator = createAppleSimulator()
      expect(await simulator.listen({ host })).toMatch(`http://${host}:`)
    })

    it.each(['0.0.0.0', '::', '192.168.1.5', '127.0.0.1.example.org'])('refuses %s', async (host) => {
      simulator = createAppleSimulator()
      await expect(simulator.listen({ host })).rejects.toThrow(`listens on loopback only, not on ${host}`)
    })

    it('refuses an unknown option', async () => {
      simulator = createAppleSimulator()
      await expect(simulator.listen({ hostname: 'x' } as object)).rejects.toThrow('listen has no "hostname"')
    })

    it('says so when the port is taken, and can listen elsewhere afterwards', async () => {
      const first = await start()
      const port = Number(new URL(first.url).port)
      const second = createAppleSimulator()
      await expect(second.listen({ port })).rejects.toThrow(`Port ${String(port)} on 127.0.0.1 is already in use`)
      expect(await second.listen()).toMatch('http://127.0.0.1:')
      await second.close()
    })

    it('says so when the address cannot be had', async () => {
      simulator = createAppleSimulator()
      await expect(simulator.listen({ port: 65_536 })).rejects.toThrow()
      await expect(simulator.listen()).resolves.toMatch('http://')
    })

    it('refuses a second time', async () => {
      await expect((await start()).listen()).rejects.toThrow('call close() first')
    })
  })

  describe('close', () => {
    it('may be called before listen and again and again', async () => {
      simulator = createAppleSimulator()
      await simulator.close()
      await simulator.listen()
      await Promise.all([simulator.close(), simulator.close()])
      await simulator.close()
    })

    it('cuts a request that never ends', async () => {
      const { url, close } = await start()
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '100' }
      const hanging = request(`${url}/auth/token`, { method: 'POST', headers })
      const ended = new Promise((resolve) => hanging.on('error', resolve))
      await new Promise<unknown>((resolve) => hanging.write('code=', resolve))
      await fetch(`${url}/auth/keys`)
      await close()
      expect(await ended).toMatchObject({ code: 'ECONNRESET' })
    })

    it('cuts keep-alive connections and frees the port', async () => {
      const { url, close } = await start()
      const agent = new Agent({ keepAlive: true })
      await new Promise((resolve) => {
        get(`${url}/auth/keys`, { agent }, (response) => response.resume().on('end', resolve))
      })
      await close()
      await expect(fetch(`${url}/auth/keys`)).rejects.toThrow()
      const next = createAppleSimulator()
      await next.listen({ port: Number(new URL(url).port) })
      await next.close()
      agent.destroy()
    })
  })

  describe('url', () => {
    it('throws a clear error before listen and after close', async () => {
      simulator = createAppleSimulator()
      expect(() => simulator?.url).toThrow('await listen(), or give baseUrl')
      await simulator.listen()
      expect(simulator.url).toMatch('http://')
      await simulator.close()
      expect(() => simulator?.url).toThrow('await listen(), or give baseUrl')
    })

    it('is the baseUrl without its last slash, also while it listens', async () => {
      simulator = createAppleSimulator({ baseUrl: 'https://apple.test/simulator/' })
      expect(simulator.url).toBe('https://apple.test/simulator')
      expect(await simulator.listen()).toBe('https://apple.test/simulator')
    })
  })

  it('works mounted below a path of another app', async () => {
    const outer = express()
    const origin = await serve(outer)
    simulator = createAppleSimulator({ baseUrl: `${origin}/apple` })
    outer.use('/apple', simulator.app)
    const app = new App(simulator, 'account-data-sharing')
    const tokens = await app.signIn(personId(simulator, 'Site Manager'))
    expect(decodeIdToken(tokens.id_token).claims.iss).toBe(`${origin}/apple/auth/oauth2/v2`)
    expect((await app.organization(tokens.access_token)).status).toBe(200)
  })

  it('answers 500 with the reason when it was mounted without baseUrl', async () => {
    simulator = createAppleSimulator()
    const url = await serve(simulator.app)
    const reachable = Object.create(simulator, { url: { value: url } }) as AppleSimulator
    const app = new App(reachable, 'sign-in-with-apple')
    const { status, html } = await app.approve(personId(simulator, 'Home User'), { response_type: 'code id_token' })
    expect([status, html]).toEqual([500, expect.stringContaining('await listen(), or give baseUrl')])
  })

  describe('createClient', () => {
    it('hands over what an app needs to find the simulator', async () => {
      const { createClient, url } = await start()
      const uris = [redirectUri, 'https://app.example.org/callback']
      const client = createClient({ service: 'account-data-sharing', redirectUris: uris })
      expect(client).toMatchObject({ clientId: 'com.example.app1', teamId: 'SIMTEAM001', keyId: 'SIMKEY0001' })
      expect(client.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
      expect(client.environment).toEqual({
        APPLE_PRIVATE_KEY_FILE: '',
        APPLE_CLIENT_SECRET: '',
        APPLE_ISSUER: '',
        APPLE_AUDIENCES: '',
        APPLE_SERVICE: 'account-data-sharing',
        APPLE_CLIENT_ID: client.clientId,
        APPLE_TEAM_ID: client.teamId,
        APPLE_KEY_ID: client.keyId,
        APPLE_PRIVATE_KEY: client.privateKey,
        APPLE_REDIRECT_URI: redirectUri,
        APPLE_BASE_URL: url,
        APPLE_ROSTER_BASE_URL: url,
      })
      const again = createClient({ service: 'account-data-sharing', redirectUris: uris })
      expect([again.clientId, again.keyId]).toEqual(['com.example.app2', 'SIMKEY0002'])
    })

    it('names the variables as an instance with that prefix reads them', async () => {
      const { createClient, url } = await start()
      const client = createClient({
        service: 'account-data-sharing',
        redirectUris: [redirectUri],
        envPrefix: 'APPLE_SCHOOL_',
      })
      expect(client.environment).toMatchObject({ APPLE_SCHOOL_CLIENT_ID: client.clientId, APPLE_SCHOOL_BASE_URL: url })
      const names = Object.keys(client.environment)
      expect(names).toHaveLength(12)
      expect(names.filter((name) => !name.startsWith('APPLE_SCHOOL_'))).toEqual([])
    })

    it.each(['', 'APPLE_SCHOOL', 'apple_', '_', '2_', 'APPLE-SCHOOL_', 'APPLE_\n', 7 as unknown as string])(
      'refuses the envPrefix %j',
      (envPrefix) => {
        simulator = createAppleSimulator()
        const { createClient } = simulator
        expect(() => createClient({ service: 'sign-in-with-apple', redirectUris: [redirectUri], envPrefix })).toThrow(
          /^The envPrefix must be capital letters, .* such as APPLE_SCHOOL_\.$/,
        )
      },
    )

    it('works before listen, except for the environment', () => {
      simulator = createAppleSimulator()
      const client = simulator.createClient({ service: 'sign-in-with-apple', redirectUris: [redirectUri] })
      expect(() => client.environment).toThrow('await listen(), or give baseUrl')
    })

    it('refuses unknown options and services', () => {
      simulator = createAppleSimulator()
      const { createClient } = simulator
      const options = { service: 'sign-in-with-apple', redirectUris: [redirectUri] } as const
      expect(() => createClient({ ...options, redirectUri } as typeof options)).toThrow(
        'createClient has no "redirectUri"',
      )
      const service = 'facebook' as 'sign-in-with-apple'
      expect(() => createClient({ ...options, service })).toThrow('The service must be one of sign-in-with-apple')
      expect(() => createClient({ ...options, keyId: 'short' })).toThrow('The keyId "short" must have ten characters')
    })
  })

  describe('requests', () => {
    it('records what arrived, without secrets, tokens and codes', async () => {
      const { url } = await start({ now: () => 1_700_000_000_000 })
      const app = new App(simulator as AppleSimulator, 'account-data-sharing', {}, () => 1_700_000_000_000)
      const code = await app.code(personId(app.simulator, 'Site Manager'))
      const { body } = await app.exchange(code)
      await app.exchange(code)
      await app.refresh(body.refresh_token)
      await fetch(`${url}/auth/oauth2/v2/keys`)
      await app.organization(body.access_token)
      await app.revoke(body.access_token)
      const { requests } = app.simulator
      expect(requests.map(({ endpoint, status }) => `${endpoint} ${String(status)}`)).toEqual([
        ...['authorize 200', 'consent 302', 'token 200', 'token 400', 'token 200'],
        ...['keys 200', 'roster 200', 'revoke 200'],
      ])
      expect(requests[3]).toEqual({
        endpoint: 'token',
        service: 'account-data-sharing',
        status: 400,
        error: 'invalid_grant',
        reason: 'the code was used before',
        clientId: app.credentials.clientId,
        grantType: 'authorization_code',
        at: 1_700_000_000_000,
      })
      const recorded = JSON.stringify(requests)
      for (const secret of [code, body.access_token, body.refresh_token, body.id_token]) {
        expect(recorded).not.toContain(secret)
      }
    })

    it('keeps the latest thousand', async () => {
      const { url } = await start()
      for (let round = 0; round < 101; round++) {
        await Promise.all(Array.from({ length: 10 }, () => fetch(`${url}/rosterapi/v1/organization`)))
      }
      expect(simulator?.requests).toHaveLength(1000)
    })
  })

  describe('revokeGrant', () => {
    it('ends all consents by default, and answers how many', async () => {
      const app = new App(await start(), 'sign-in-with-apple')
      await app.signIn(personId(app.simulator, 'Home User'))
      await app.signIn(personId(app.simulator, 'Second User'))
      expect(app.simulator.revokeGrant({ personId: personId(app.simulator, 'First Student') })).toBe(0)
      expect(app.simulator.revokeGrant()).toBe(2)
      expect(app.simulator.revokeGrant()).toBe(0)
    })

    it('refuses an unknown client and an unknown member', () => {
      simulator = createAppleSimulator()
      const { revokeGrant } = simulator
      expect(() => revokeGrant({ clientId: 'com.example.none' })).toThrow('com.example.none is not registered')
      expect(() => revokeGrant({ person: 'x' } as object)).toThrow('revokeGrant has no "person"')
    })
  })

  it('answers the sub of a person only for somebody it knows', () => {
    simulator = createAppleSimulator()
    expect(simulator.subject(personId(simulator, 'Home User'))).toMatch(/^\d{6}\.[0-9a-f]{32}\.\d{4}$/)
    expect(() => simulator?.subject('nobody')).toThrow('There is no person with the id nobody.')
  })
})
