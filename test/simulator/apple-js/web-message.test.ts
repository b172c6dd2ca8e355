import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { decodeIdToken } from '../support/id-token.js'
import { App, encodeForm, type Fields, form, personId, redirectUri } from '../support/app.js'

const popup = {
  response_type: 'code id_token',
  response_mode: 'web_message',
  frame_id: '0b0f2b6e-6d0c-4d43-9c0e-6a1f0d3f7a55',
  m: '11',
  v: '1.5.6',
}

describe('response_mode web_message', () => {
  let simulator: AppleSimulator
  let signIn: App
  let sharing: App
  let home: string

  beforeAll(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
    signIn = new App(simulator, 'sign-in-with-apple')
    sharing = new App(simulator, 'account-data-sharing')
    home = personId(simulator, 'Home User')
  })
  afterAll(() => simulator.close())

  /** The page that follows the decision, and what it tells whom. */
  async function decide(fields: Fields, decision: Fields = { person: home }) {
    const { action } = await signIn.open({ ...popup, ...fields })
    const response = await fetch(`${simulator.url}${action}`, form(encodeForm({ decision: 'continue', ...decision })))
    const html = await response.text()
    const [, target, message = ''] = /data-target="([^"]*)" data-message="([^"]*)"/.exec(html) ?? []
    return { response, html, target, message: JSON.parse(message.replaceAll('&quot;', '"')) as unknown }
  }

  it('hands the result to pages of the redirect URI’s origin alone, the user as an object the first time', async () => {
    const { target, message } = await decide({ state: 's', nonce: 'n' })
    expect(target).toBe(new URL(redirectUri).origin)
    expect(message).toEqual({
      frame_id: popup.frame_id,
      result: {
        authorization: { code: expect.stringMatching(/^c[\da-f]{32}\./), id_token: expect.any(String), state: 's' },
        user: { name: { firstName: 'Home', lastName: 'User' }, email: expect.stringContaining('@') },
      },
    })
    const again = (await decide({})).message as { result: { authorization: { id_token: string } } }
    expect(again.result).toEqual({ authorization: { code: expect.any(String), id_token: expect.any(String) } })
    expect(decodeIdToken(again.result.authorization.id_token).claims).not.toHaveProperty('nonce')
  })

  it('gives a code that is exchanged with the same redirect URI', async () => {
    const { message } = await decide({ nonce: 'n' })
    const { code } = (message as { result: { authorization: { code: string } } }).result.authorization
    const { status, body } = await signIn.exchange(code)
    expect([status, decodeIdToken(body.id_token).claims]).toMatchObject([200, { sub: home, nonce: 'n' }])
  })

  it('hands over the error alone after Cancel', async () => {
    const { message } = await decide({ state: 's' }, { decision: 'cancel' })
    expect(message).toEqual({ frame_id: popup.frame_id, result: { error: 'user_cancelled_authorize' } })
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'consent', error: 'user_cancelled_authorize' })
  })

  it('answers a page that runs its own script alone, keeps its opener and escapes what came', async () => {
    const { response, html } = await decide({ state: '"><script>alert(1)</script>' })
    const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    expect(response.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}'`)
    expect(response.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
    expect(html).not.toContain('<script>alert')
    expect((await signIn.open(popup)).headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
  })

  it.each<[string, Fields]>([
    ['no frame_id', { frame_id: undefined }],
    ['a frame_id that is no UUID', { frame_id: '1' }],
    ['no m', { m: undefined }],
    ['an m that is no number', { m: 'x' }],
    ['no v', { v: undefined }],
    ['a v that is no version', { v: '1.5' }],
  ])('is refused with %s', async (_what, fields) => {
    const { status, html } = await signIn.open({ ...popup, ...fields })
    expect([status, html]).toEqual([400, expect.stringContaining('sends frame_id (a UUID), m and v with it')])
    expect(simulator.requests.at(-1)).toMatchObject({ endpoint: 'authorize', error: 'invalid_request' })
  })

  it('is refused without an id_token, for Data Sharing, and with a redirect URI that is not registered', async () => {
    for (const [app, fields, sentence] of [
      [signIn, { response_type: 'code' }, 'response_mode must be form_post when name or email scope is requested.'],
      [signIn, { response_type: 'code', scope: undefined }, 'The response_mode is not query, fragment or form_post.'],
      [sharing, {}, 'The response_type must be code.'],
      [sharing, { response_type: 'code' }, 'The response_mode is not query, fragment or form_post.'],
      [signIn, { redirect_uri: 'http://localhost:3000/' }, 'Invalid web redirect url'],
    ] as const) {
      const { status, html } = await app.open({ ...popup, ...fields })
      expect([status, html]).toEqual([400, expect.stringContaining(sentence)])
    }
  })
})
