import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { AppleAtHome } from './apple-at-home.js'
import { ClientProcess } from './client-process.js'
import { Person } from './person.js'

// A process of its own starts first.
jest.setTimeout(60_000)

/** What one client is like. */
export interface ClientTraits {
  /** Which Apple it goes to. Default: the one that it has built in. */
  readonly appleIs?: 'loopback'
  /** What its authorization request asks for. */
  readonly asksFor: Record<string, string>
  /** Does it send a nonce and compare it? Default: true. */
  readonly checksNonce?: boolean
}

/** Has an app with another package's client, by its name in `apps/`, sign people in against the simulator. */
export function testClient(name: string, { appleIs, asksFor, checksNonce = true }: ClientTraits): void {
  describe(`${name} against the simulator`, () => {
    let apple: AppleAtHome
    let client: ClientProcess

    beforeAll(async () => {
      apple = await AppleAtHome.start(appleIs)
      client = await ClientProcess.start(name, apple)
    })
    afterEach(() => {
      apple.change = undefined
    })
    afterAll(async () => {
      await client.stop()
      await apple.stop()
    })

    const somebody = () => new Person(apple, client.url)

    it('signs a person in: the app knows sub, e-mail address and, from the first login, the name', async () => {
      const person = somebody()
      const page = await person.signIn('Home User')
      expect(page.url.href).toBe(`${client.url}/account`)
      expect(page.status).toBe(200)
      expect(JSON.parse(page.text)).toEqual({ id: 1000, ...apple.person('Home User') })
      expect(apple.exchanges).toEqual(['authorize 200', 'consent 200', 'token authorization_code 200'])
      expect(apple.keyRequests).toBe(1)
    })

    it('asks Apple for a code by form_post', async () => {
      const { searchParams } = await somebody().authorizeUrl()
      expect(Object.fromEntries(searchParams)).toMatchObject({
        ...{ client_id: 'com.example.web', redirect_uri: `${client.url}/auth/apple/callback` },
        ...{ response_type: 'code', response_mode: 'form_post', ...asksFor },
      })
      expect(searchParams.has('nonce')).toBe(checksNonce)
    })

    it('finds the account again at the next login, to which Apple adds no name, when all keys have changed', async () => {
      await apple.changeAllKeys()
      const page = await somebody().signIn('Home User')
      expect(JSON.parse(page.text)).toEqual({ id: 1000, ...apple.person('Home User') })
      expect(apple.keyRequests).toBe(2)
      expect(JSON.parse((await somebody().signIn('Class Teacher')).text)).toMatchObject({ id: 1001 })
    })

    it('lets nobody in by an id_token that was changed on its way', async () => {
      apple.change = withOtherSub
      const person = somebody()
      const page = await person.signIn('First Student')
      expect(page.status).toBeGreaterThanOrEqual(400)
      expect(apple.exchanges.at(-1)).toBe('token authorization_code 200')
      expect((await person.open('/account')).status).toBe(401)
      expect((await client.database()).accounts).toHaveLength(2)
    })

    it('lets nobody in by the answer to another browser’s login', async () => {
      const form = await somebody().agree('First Student')
      const other = somebody()
      await other.open('/login')
      const before = apple.exchanges.length
      const page = await other.deliver(form)
      expect(page.status).toBeGreaterThanOrEqual(400)
      // One of them leaves it to Apple to compare the code with its verifier.
      expect(apple.exchanges.slice(before)).not.toContain('token authorization_code 200')
      expect((await other.open('/account')).status).toBe(401)
    })

    if (checksNonce) {
      it('lets nobody in by an id_token of another login', async () => {
        const person = somebody()
        const { fields } = await person.agree('First Student')
        const later = await person.agree('First Student')
        // The state is right, the code is the earlier one.
        const page = await person.deliver({ ...later, fields: { ...later.fields, code: fields.code ?? '' } })
        expect(page.status).toBeGreaterThanOrEqual(400)
        expect((await person.open('/account')).status).toBe(401)
      })
    }
  })
}

/** The same token answer with the last digit of `sub` changed, which keeps its length. */
function withOtherSub(body: string): string {
  return body.replace(/("id_token":"[^.]+\.)([^.]+)/, (_, before: string, payload: string) => {
    const claims = Buffer.from(payload, 'base64url').toString()
    const changed = claims.replace(
      /("sub":"[^"]*)(.)"/,
      (_, start: string, last: string) => `${start}${last === 'A' ? 'B' : 'A'}"`,
    )
    return before + Buffer.from(changed).toString('base64url')
  })
}
