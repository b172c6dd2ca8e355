import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, encodeForm, form, personId, redirectUri, type Fields } from '../support/app.js'
import { encode } from '../support/client-secret.js'
import { decodeIdToken, isSigned, leftHalfHash } from '../support/id-token.js'

const tokenShape = (letter: string) => new RegExp(`^${letter}[0-9a-f]{32}\\.0\\.[a-z]{4}\\.[A-Za-z0-9_-]{22}$`)

describe('tokenEndpoint', () => {
  let clock: number
  let simulator: AppleSimulator
  let signIn: App
  let sharing: App
  let home: string
  let administrator: string

  beforeEach(async () => {
    clock = Date.UTC(2026, 0, 15)
    const now = () => clock
    simulator = createAppleSimulator({ now })
    await simulator.listen()
    signIn = new App(simulator, 'sign-in-with-apple', {}, now)
    sharing = new App(simulator, 'account-data-sharing', {}, now)
    home = personId(simulator, 'Home User')
    administrator = personId(simulator, 'School Administrator')
  })

  afterEach(() => simulator.close())

  const lastReason = () => simulator.requests.at(-1)?.reason

  describe('check 1, the method and the content type', () => {
    it('answers 400 invalid_request to GET', async () => {
      const response = await fetch(`${signIn.base}/token`)
      expect([response.status, await response.text()]).toEqual([400, '{"error":"invalid_request"}'])
      expect(lastReason()).toBe('the method is GET, not POST')
    })

    it('answers invalid_request to JSON', async () => {
      const headers = { 'content-type': 'application/json' }
      const answer = await signIn.post('token', JSON.stringify(signIn.identity()), { headers })
      expect([answer.status, answer.text]).toEqual([400, '{"error":"invalid_request"}'])
    })

    it('answers invalid_request to a post without content type and body', async () => {
      const response = await fetch(`${signIn.base}/token`, { method: 'POST' })
      expect(response.status).toBe(400)
    })

    it('reads a form whose content type names the charset', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
      const answer = await signIn.post('token', encodeForm(signIn.identity()), { headers })
      expect(lastReason()).toBe('the field grant_type is missing')
      expect(answer.status).toBe(400)
    })

    it('answers invalid_request to a charset it cannot read', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-99' }
      const answer = await signIn.post('token', 'a=b', { headers })
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
    })

    it('answers invalid_request to more than 64 KiB', async () => {
      const answer = await signIn.post('token', `code=${'x'.repeat(70_000)}`)
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
    })

    it('answers invalid_client to a body that is not percent-encoded', async () => {
      const answer = await signIn.post('token', 'client_id=%E0%A4%A')
      expect([answer.status, answer.text]).toEqual([400, '{"error":"invalid_client"}'])
    })
  })

  describe('check 2, the fields', () => {
    it.each(['client_id', 'client_secret', 'grant_type', 'code', 'redirect_uri'])(
      'answers invalid_request when %s is missing or empty',
      async (name) => {
        for (const value of [undefined, '']) {
          const answer = await sharing.exchange('code', { [name]: value })
          expect([answer.status, answer.body]).toEqual([400, { error: 'invalid_request' }])
          expect(lastReason()).toBe(`the field ${name} is missing`)
        }
      },
    )

    it('answers invalid_request to a refresh that sends the token as code', async () => {
      const answer = await sharing.token({ grant_type: 'refresh_token', code: 'r1' })
      expect(answer.body).toEqual({ error: 'invalid_request' })
    })

    it('answers invalid_request to a repeated field, even an equal one', async () => {
      const fields = encodeForm({ ...signIn.identity(), grant_type: 'authorization_code' })
      const answer = await signIn.post('token', `${fields}&grant_type=authorization_code`)
      expect(answer.body).toEqual({ error: 'invalid_request' })
      expect(lastReason()).toBe('the field grant_type is repeated')
    })

    it('answers invalid_client to HTTP Basic, which Apple does not offer', async () => {
      const basic = `Basic ${Buffer.from(`${signIn.credentials.clientId}:${signIn.secret()}`).toString('base64')}`
      const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: basic }
      const answer = await signIn.post('token', 'grant_type=authorization_code&code=c', { headers })
      expect([answer.status, answer.body]).toEqual([400, { error: 'invalid_client' }])
    })

    it('answers invalid_request to two ways of client authentication at once', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic eDp5' }
      const answer = await signIn.post('token', encodeForm(signIn.identity()), { headers })
      expect(answer.body).toEqual({ error: 'invalid_request' })
    })
  })

  describe('check 3, the grant type', () => {
    it('answers unsupported_grant_type before it looks at the client secret', async () => {
      const answer = await signIn.token({ grant_type: 'password', client_secret: 'wrong' })
      expect([answer.status, answer.body]).toEqual([400, { error: 'unsupported_grant_type' }])
    })

    it('offers client_credentials to Sign in with Apple only', async () => {
      const fields = { grant_type: 'client_credentials', scope: 'user.migration' }
      expect((await sharing.token(fields)).body).toEqual({ error: 'unsupported_grant_type' })
      const { status, body } = await signIn.token(fields)
      expect(status).toBe(200)
      const accessToken = expect.stringMatching(tokenShape('a'))
      expect(body).toEqual({ access_token: accessToken, token_type: 'Bearer', expires_in: 3600 })
      expect((await signIn.organization(body.access_token)).status).toBe(403)
    })

    it('answers invalid_scope to client_credentials for anything but user.migration', async () => {
      const { body } = await signIn.token({ grant_type: 'client_credentials', scope: 'email' })
      expect(body).toEqual({ error: 'invalid_scope' })
    })
  })

  describe('check 4, the client secret', () => {
    const refused = async (fields: Fields, reason: string) => {
      const answer = await sharing.exchange('junk', fields)
      expect([answer.status, answer.body]).toEqual([400, { error: 'invalid_client' }])
      expect(lastReason()).toBe(reason)
    }

    it('refuses a client that is not registered', async () => {
      await refused({ client_id: 'com.example.unknown' }, 'the client_id is not registered')
      expect(simulator.requests.at(-1)?.clientId).toBeUndefined()
    })

    it('refuses a client of the other service', async () => {
      const { clientId } = signIn.credentials
      await refused({ client_id: clientId }, 'the client is not configured for account-data-sharing')
    })

    it('reaches the grant with a right secret and a dummy code', async () => {
      expect((await sharing.exchange('junk')).body.error).toBe('invalid_grant')
    })

    it.each([
      ['is not a JWT of three parts', 'one.two'],
      ['is not a JWT of three parts', 'one.two.three.four'],
      ['header is not base64url', '!.e30.AA'],
      ['header is not JSON', 'AA.e30.AA'],
      ['header is not a JSON object', `${encode([])}.e30.AA`],
    ])('refuses a secret that %s', async (reason, secret) => {
      await refused({ client_secret: secret }, `client secret: ${reason}`)
    })

    it.each([
      ['alg is not ES256', { alg: 'HS256' }],
      ['alg is not ES256', { alg: 'none' }],
      ['kid is not a key of this client', { kid: 'OTHERKEY01' }],
      ['kid is not a key of this client', { kid: undefined }],
      ['crit names extensions that nobody understands', { crit: ['exp'] }],
    ])('refuses a header whose %s', async (reason, header) => {
      await refused({ client_secret: sharing.secret({ header }) }, `client secret: ${reason}`)
    })

    it('takes a header with typ', async () => {
      const secret = sharing.secret({ header: { typ: 'JWT' } })
      expect((await sharing.exchange('junk', { client_secret: secret })).body.error).toBe('invalid_grant')
    })

    it.each([
      ['iss is not the Team ID of the client', { iss: 'OTHERTEAM1' }],
      ['sub is not the client id', { sub: 'com.example.APP2' }],
      ['aud is not https://appleid.apple.com', { aud: 'https://appleid.apple.com/auth/oauth2/v2' }],
      ['aud is not https://appleid.apple.com', { aud: ['https://appleid.apple.com', 'https://app.example'] }],
      ['aud is not https://appleid.apple.com', { aud: [] }],
      ['iat is not a number of seconds', { iat: undefined }],
      ['exp is not a number of seconds', { exp: 'tomorrow' }],
    ])('refuses claims whose %s', async (reason, claims) => {
      await refused({ client_secret: sharing.secret({ claims }) }, `client secret: ${reason}`)
    })

    it('takes aud as a list of one', async () => {
      const secret = sharing.secret({ claims: { aud: ['https://appleid.apple.com'] } })
      expect((await sharing.exchange('junk', { client_secret: secret })).body.error).toBe('invalid_grant')
    })

    it("measures iat and exp on Apple's clock", async () => {
      const seconds = clock / 1000
      const withClaims = (claims: object) => ({ client_secret: sharing.secret({ claims: { ...claims } }) })
      await refused(withClaims({ exp: seconds }), 'client secret: it has expired')
      await refused(withClaims({ iat: seconds + 301 }), "client secret: iat is ahead of Apple's clock")
      const tooFar = 'client secret: exp is more than 15777000 seconds ahead'
      await refused(withClaims({ exp: seconds + 15777001 }), tooFar)
      const answer = await sharing.exchange('junk', withClaims({ iat: seconds + 300, exp: seconds + 15777000 }))
      expect(answer.body.error).toBe('invalid_grant')
    })

    it('refuses a DER signature', async () => {
      const reason = 'client secret: signature is not 64 raw bytes (r and s); a DER signature is refused'
      await refused({ client_secret: sharing.secret({ encoding: 'der' }) }, reason)
    })

    it('refuses the signature of another key', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const reason = `client secret: signature does not belong to the key ${sharing.credentials.keyId}`
      await refused({ client_secret: sharing.secret({ privateKey }) }, reason)
    })

    it('refuses a key that is enabled for the other service only', async () => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      simulator.registerClient({
        clientId: 'com.example.both',
        teamId: 'SIMTEAM001',
        keys: [{ keyId: 'SIWAKEY001', publicKey, services: ['sign-in-with-apple'] }],
        redirectUris: [redirectUri],
        services: ['sign-in-with-apple', 'account-data-sharing'],
      })
      const clientId = 'com.example.both'
      const secret = sharing.secret({ clientId, keyId: 'SIWAKEY001', privateKey })
      const reason = 'client secret: key SIWAKEY001 is not enabled for account-data-sharing'
      await refused({ client_id: clientId, client_secret: secret }, reason)
      const answer = await signIn.exchange('junk', { client_id: clientId, client_secret: secret })
      expect(answer.body.error).toBe('invalid_grant')
    })
  })

  describe('checks 5 to 8, the code', () => {
    const expired = { error: 'invalid_grant', error_description: 'The code has expired or has been revoked.' }

    it('refuses a code that was never issued', async () => {
      const answer = await signIn.exchange('c00000000000000000000000000000000.0.aaaa.AAAAAAAAAAAAAAAAAAAAAA')
      expect([answer.status, answer.body]).toEqual([400, expired])
    })

    it('refuses a code after 300 seconds', async () => {
      const [early, late] = [await signIn.code(home), await signIn.code(home)]
      clock += 299_999
      expect((await signIn.exchange(early)).status).toBe(200)
      clock += 1
      expect((await signIn.exchange(late)).body).toEqual(expired)
      expect(lastReason()).toBe('the code is older than 300 seconds')
      expect((await signIn.exchange(early)).body).toEqual(expired)
    })

    it('refuses a code whose consent was revoked', async () => {
      const code = await signIn.code(home)
      simulator.revokeGrant({ personId: home })
      expect((await signIn.exchange(code)).body).toEqual(expired)
    })

    it('refuses a code of the other service', async () => {
      const code = await signIn.code(home)
      expect((await sharing.exchange(code)).body).toEqual(expired)
    })

    it('refuses a used code, even when another client brings it', async () => {
      const code = await signIn.code(home)
      await signIn.exchange(code)
      const used = { error: 'invalid_grant', error_description: 'The code has already been used.' }
      expect((await signIn.exchange(code)).body).toEqual(used)
      const other = new App(simulator, 'sign-in-with-apple', {}, () => clock)
      expect((await other.exchange(code)).body).toEqual(used)
    })

    it('lets one of two simultaneous exchanges win', async () => {
      const code = await signIn.code(home)
      const answers = await Promise.all([signIn.exchange(code), signIn.exchange(code)])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    })

    it('names the client that a code was not issued to, and leaves the code alone', async () => {
      const other = new App(simulator, 'sign-in-with-apple', {}, () => clock)
      const code = await signIn.code(home)
      expect((await other.exchange(code, { redirect_uri: 'https://wrong.example/' })).body).toEqual({
        error: 'invalid_grant',
        error_description: `client_id mismatch. The code was not issued to ${other.credentials.clientId}.`,
      })
      expect((await signIn.exchange(code)).status).toBe(200)
    })

    it('names the redirect URI that a code was not issued to', async () => {
      const code = await sharing.code(administrator)
      const wrong = `${redirectUri}/`
      expect((await sharing.exchange(code, { redirect_uri: wrong })).body).toEqual({
        error: 'invalid_grant',
        error_description: `redirect_uri mismatch. The code was not issued to ${wrong}.`,
      })
    })
  })

  describe('PKCE', () => {
    const verifier = 'a-verifier-of-at-least-forty-three-characters_~.'
    const code_challenge = createHash('sha256').update(verifier).digest('base64url')
    const challenged = { code_challenge, code_challenge_method: 'S256' }

    it('wants the verifier of the challenge', async () => {
      const code = await sharing.code(administrator, challenged)
      for (const code_verifier of [undefined, 'short', verifier.toUpperCase()]) {
        const { status, body } = await sharing.exchange(code, { code_verifier })
        expect([status, body]).toEqual([400, { error: 'invalid_grant' }])
      }
      expect((await sharing.exchange(code, { code_verifier: verifier })).status).toBe(200)
    })

    it('refuses a verifier when authorize had no challenge', async () => {
      const code = await sharing.code(administrator)
      expect((await sharing.exchange(code, { code_verifier: verifier })).body).toEqual({ error: 'invalid_grant' })
    })
  })

  describe('check 9, the refresh token', () => {
    it('answers a new access token, an id_token without nonce and no refresh token', async () => {
      const first = await signIn.signIn(home, { nonce: 'n-1' })
      clock += 86_400_000
      const { status, body } = await signIn.refresh(first.refresh_token)
      expect([status, Object.keys(body)]).toEqual([200, ['access_token', 'token_type', 'expires_in', 'id_token']])
      expect(body.access_token).not.toBe(first.access_token)
      const { claims } = decodeIdToken(body.id_token)
      const before = decodeIdToken(first.id_token).claims
      expect(claims).not.toHaveProperty('nonce')
      expect(claims).toMatchObject({ sub: before.sub, auth_time: before.auth_time, email: before.email })
      expect(claims).toMatchObject({ iat: clock / 1000, at_hash: leftHalfHash(body.access_token) })
    })

    it.each(['junk', 'r00000000000000000000000000000000.0.aaaa.AAAAAAAAAAAAAAAAAAAAAA'])(
      'refuses %s',
      async (refreshToken) => {
        const { status, body } = await sharing.refresh(refreshToken)
        expect([status, body]).toEqual([400, { error: 'invalid_grant' }])
      },
    )

    it('refuses an access token, another client and the other service', async () => {
      const tokens = await signIn.signIn(home)
      const other = new App(simulator, 'sign-in-with-apple', {}, () => clock)
      expect((await signIn.refresh(tokens.access_token)).body).toEqual({ error: 'invalid_grant' })
      expect((await other.refresh(tokens.refresh_token)).body).toEqual({ error: 'invalid_grant' })
      expect((await sharing.refresh(tokens.refresh_token)).body).toEqual({ error: 'invalid_grant' })
      expect((await signIn.refresh(tokens.refresh_token)).status).toBe(200)
    })

    it('refuses the token that the same client got from the other service', async () => {
      const { clientId, teamId, keyId, privateKey } = signIn.credentials
      const both = ['sign-in-with-apple', 'account-data-sharing'] as const
      const key = { keyId, publicKey: privateKey, services: both }
      const elsewhere = createAppleSimulator({ now: () => clock })
      await elsewhere.listen()
      elsewhere.registerClient({ clientId, teamId, keys: [key], redirectUris: [redirectUri], services: both })
      const as = (app: App) =>
        Object.create(app, {
          credentials: { value: signIn.credentials },
          base: { value: app.base.replace(simulator.url, elsewhere.url) },
          simulator: { value: elsewhere },
        }) as App
      const tokens = await as(signIn).signIn(home)
      expect((await as(sharing).refresh(tokens.refresh_token)).body).toEqual({ error: 'invalid_grant' })
      await as(sharing).revoke(tokens.refresh_token)
      expect((await as(signIn).refresh(tokens.refresh_token)).status).toBe(200)
      await elsewhere.close()
    })

    it('refuses a token whose consent the person ended', async () => {
      const tokens = await signIn.signIn(home)
      expect(simulator.revokeGrant({ clientId: signIn.credentials.clientId, personId: home })).toBe(1)
      expect((await signIn.refresh(tokens.refresh_token)).body).toEqual({ error: 'invalid_grant' })
      expect(lastReason()).toBe('the consent was revoked')
    })
  })

  describe('the answer', () => {
    it("has Apple's shapes and headers", async () => {
      const { status, body, headers } = await sharing.exchange(await sharing.code(administrator))
      expect(status).toBe(200)
      const names = ['access_token', 'token_type', 'expires_in', 'refresh_token', 'id_token']
      expect(Object.keys(body)).toEqual(names)
      expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
      expect(body.access_token).toMatch(tokenShape('a'))
      expect(body.refresh_token).toMatch(tokenShape('r'))
      expect(body.access_token.split('.')[2]).toBe(body.refresh_token.split('.')[2])
      expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
      expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
    })

    it('has the same headers when it refuses', async () => {
      const { headers } = await sharing.exchange('junk')
      expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
      expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
    })

    it('has no id_token for the test scope, at the exchange and after a refresh', async () => {
      const tokens = await sharing.signIn(personId(simulator, 'Developer Account'), {
        scope: 'edu.rosterapi.test.read',
      })
      expect(Object.keys(tokens)).toEqual(['access_token', 'token_type', 'expires_in', 'refresh_token'])
      const { body } = await sharing.refresh(tokens.refresh_token)
      expect(Object.keys(body)).toEqual(['access_token', 'token_type', 'expires_in'])
    })

    it('signs an id_token that says who it is about', async () => {
      const tokens = await signIn.signIn(home, { nonce: 'n-1' })
      const { header, claims } = decodeIdToken(tokens.id_token)
      expect(await isSigned(simulator, tokens.id_token)).toBe(true)
      expect(Object.keys(header)).toEqual(['kid', 'alg'])
      expect(claims).toEqual({
        iss: simulator.url,
        aud: signIn.credentials.clientId,
        exp: clock / 1000 + 86400,
        iat: clock / 1000,
        sub: home,
        nonce: 'n-1',
        at_hash: leftHalfHash(tokens.access_token),
        email: 'home.user@home.example',
        email_verified: true,
        auth_time: clock / 1000,
        nonce_supported: true,
      })
    })

    it('names the school and the scopes for Data Sharing, and its own issuer', async () => {
      const { id_token } = await sharing.signIn(administrator)
      const { claims } = decodeIdToken(id_token)
      const org_id = simulator.people.find(({ id }) => id === administrator)?.organizationId
      expect(claims).toMatchObject({ sub: administrator, org_id, scopes: 'edu.users.read edu.classes.read' })
      expect(claims.iss).toBe(`${simulator.url}/auth/oauth2/v2`)
      expect(claims).not.toHaveProperty('email')
      expect(claims).not.toHaveProperty('nonce')
    })

    it('names the school of a managed person who signs in, and no e-mail address where there is none', async () => {
      const teacher = decodeIdToken((await signIn.signIn(personId(simulator, 'Class Teacher'))).id_token).claims
      expect(teacher).toMatchObject({ email_verified: false, org_id: expect.any(String) })
      const student = decodeIdToken((await signIn.signIn(personId(simulator, 'First Student'))).id_token).claims
      expect(student).not.toHaveProperty('email')
      expect(student).not.toHaveProperty('email_verified')
    })

    it('shows another sub to another team, and the same one to its other app', async () => {
      const sameTeam = new App(simulator, 'sign-in-with-apple', {}, () => clock)
      const otherTeam = new App(simulator, 'sign-in-with-apple', { teamId: 'OTHERTEAM1' }, () => clock)
      const subject = async (app: App, id: string) => decodeIdToken((await app.signIn(id)).id_token).claims.sub
      expect(await subject(sameTeam, home)).toBe(home)
      const elsewhere = await subject(otherTeam, home)
      expect(elsewhere).not.toBe(home)
      expect(elsewhere).toMatch(/^\d{6}\.[0-9a-f]{32}\.\d{4}$/)
      expect(elsewhere).toBe(simulator.subject(home, 'OTHERTEAM1'))
      expect(await subject(otherTeam, administrator)).toMatch(/^\d{6}\.[A-Za-z0-9+/]{40}\.[A-Za-z0-9+/]{4}$/)
    })
  })

  it('reads the body also when the app around it parsed it, and still refuses repeats', async () => {
    const outer = express()
    outer.use(express.urlencoded({ extended: false }), simulator.app)
    const server = createServer(outer)
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const post = async (body: string): Promise<unknown> =>
        (await fetch(`http://127.0.0.1:${String(port)}/auth/token`, form(body))).json()
      const fields = encodeForm({ ...signIn.identity(), grant_type: 'refresh_token', refresh_token: 'junk' })
      expect(await post(fields)).toEqual({ error: 'invalid_grant' })
      expect(await post(`${fields}&refresh_token=junk`)).toEqual({ error: 'invalid_request' })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
