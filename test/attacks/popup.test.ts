import { describe, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import { expectRefused, expectUsedUp } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { withClockAhead } from '../support/clock.js'
import { beginPopup, ownPage, type PopupLogin, popupRequest, postResult } from '../support/popup-steps.js'
import { createSigningKey } from '../support/loopback-apple.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

function resultOf(login: PopupLogin): { code: string; state: string } {
  return { code: apple.issueCode(popupRequest(login)), state: login.state }
}

const parsers: [string, ((app: Express) => unknown) | undefined][] = [
  ['unparsed', undefined],
  ['parsed by the app', (app) => app.use(express.json({ strict: false, limit: '9mb' }))],
]

describe('where a popup’s result comes from', () => {
  it.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['a sibling of the site', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://other.localhost' }],
    ['what says it is neither', { 'Sec-Fetch-Site': '' }],
    ['an old browser on another site', { Origin: 'https://evil.example' }],
    ['an old browser that hides its origin', { Origin: 'null' }],
  ])('refuses JSON from %s with 403, without the cookie or with it, and never relays it', async (_what, headers) => {
    const app = await startApp({ session: { cookie: { sameSite: 'none' } } })
    const visitor = app.visitor()
    const result = resultOf(await beginPopup(visitor))
    for (const browser of [visitor, app.visitor()]) {
      const answer = await postResult(browser, result, headers)
      expect(answer.status).toBe(403)
      expect(answer.text).not.toContain('<form')
      expect(answer.headers['set-cookie']).toBeUndefined()
      await expectRefused(answer, browser, 'ERR_APPLE_CROSS_SITE')
    }
    expect(apple.requestsTo('/token')).toHaveLength(0)
    expect((await postResult(visitor, result)).status).toBe(200)
  })

  it('takes JSON from an old browser on this site, and from what is no browser', async () => {
    const app = await startApp()
    for (const headers of [{ Origin: app.url }, {}]) {
      const visitor = app.visitor()
      expect((await postResult(visitor, resultOf(await beginPopup(visitor)), headers)).status).toBe(200)
    }
  })

  it('refuses another browser’s state, and leaves that browser’s login alone', async () => {
    const app = await startApp()
    const [attacker, victim] = [app.visitor(), app.visitor()]
    const [theirs, own] = [resultOf(await beginPopup(attacker)), resultOf(await beginPopup(victim))]
    await expectRefused(await postResult(victim, theirs), victim, 'ERR_APPLE_STATE')
    await expectRefused(await postResult(attacker, { ...theirs, state: own.state }), attacker, 'ERR_APPLE_STATE')
    expect(apple.requestsTo('/token')).toHaveLength(0)
    expect((await postResult(victim, own)).status).toBe(200)
  })

  it('refuses a code that was not given for this popup’s nonce, and uses the login up', async () => {
    const visitor = (await startApp()).visitor()
    const [one, other] = [await beginPopup(visitor), await beginPopup(visitor)]
    const answer = await postResult(visitor, { ...resultOf(other), state: one.state })
    await expectRefused(answer, visitor, 'ERR_APPLE_ID_TOKEN')
    await expectUsedUp(apple, visitor, popupRequest(one))
  })

  it('refuses a login over its 15 minutes, and one without a session', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    const result = resultOf(await beginPopup(visitor))
    await withClockAhead(15 * 60 + 1, async () => {
      await expectRefused(await postResult(visitor, result), visitor, 'ERR_APPLE_STATE')
    })
    const stranger = app.visitor()
    await expectRefused(await postResult(stranger, result), stranger, 'ERR_APPLE_STATE')
  })
})

describe('what a popup’s result says', () => {
  it('believes nothing of an id_token that the page posts', async () => {
    const visitor = (await startApp()).visitor()
    const login = await beginPopup(visitor)
    const forged = apple.idToken(login.clientId, { claims: { sub: 'forged' }, key: createSigningKey('x').privateKey })
    const real = apple.idToken(login.clientId, { claims: { sub: 'somebody else' } }, login.nonce)
    for (const id_token of [forged, real, 'no token']) {
      const { code } = resultOf(login)
      const answer = await postResult(visitor, { authorization: { code, id_token, state: login.state } })
      expect(answer.status).toBe(200)
      expect((await visitor.get('/')).body.sub).toBe('001883.fcc77ba97500402389df96821ad9c790.1517')
    }
  })

  it('signs nobody in by an id_token without a code', async () => {
    const visitor = (await startApp()).visitor()
    const { clientId, nonce, state } = await beginPopup(visitor)
    const id_token = apple.idToken(clientId, {}, nonce)
    await expectRefused(await postResult(visitor, { id_token, state }), visitor, 'ERR_APPLE_CALLBACK')
    expect(apple.requestsTo('/token')).toHaveLength(0)
  })

  it('takes a mark of the relay page in it for nothing', async () => {
    const visitor = (await startApp()).visitor()
    const result = resultOf(await beginPopup(visitor))
    expect((await postResult(visitor, { ...result, relayed: 'GET' })).status).toBe(200)
  })

  it('keeps no e-mail address and nothing inherited from the user', async () => {
    const visitor = (await startApp()).visitor()
    const result = JSON.stringify(resultOf(await beginPopup(visitor))).slice(1)
    const user =
      '{"email":"forged@example.com","__proto__":{"name":{"firstName":"x"}},"name":{"firstName":"<b>\\u0000"}}'
    expect((await postResult(visitor, `{"user":${user},${result}`)).status).toBe(200)
    const { user: seen } = (await visitor.get('/private')).body
    expect(seen).toMatchObject({ email: 'person@example.com', unverifiedName: { firstName: '<b>' } })
  })
})

describe.each(parsers)('the JSON of a popup, %s', (_how, before) => {
  const setup = before === undefined ? {} : { before }

  it.each<[string, (result: { code: string; state: string }) => unknown]>([
    ['a code that is a list', ({ code, state }) => ({ code: [code], state })],
    ['a code that is an object', ({ code, state }) => ({ code: { $ne: code }, state })],
    ['a state that is a list', ({ code, state }) => ({ code, state: [state] })],
    ['a state that is a number', ({ code }) => ({ code, state: 1 })],
    ['no state', ({ code }) => ({ code })],
    ['an empty state', ({ code }) => ({ code, state: '' })],
    ['an id_token that is an object', (result) => ({ ...result, id_token: {} })],
    ['an authorization that is a text', (result) => ({ authorization: 'x', ...result })],
    ['an authorization that is a list', (result) => ({ authorization: [result] })],
    ['an authorization of null', (result) => ({ authorization: null, ...result })],
    ['an authorization inside another', (result) => ({ authorization: { authorization: result } })],
    ['a code both inside authorization and beside it', (result) => ({ authorization: result, code: result.code })],
    ['a state both inside authorization and beside it', (result) => ({ authorization: result, state: result.state })],
    ['a user inside authorization', (result) => ({ authorization: { ...result, user: '{}' } })],
    ['a user that is a list', (result) => ({ ...result, user: [] })],
    ['a user that is a number', (result) => ({ ...result, user: 1 })],
    ['a code and an error', (result) => ({ ...result, error: 'user_cancelled_authorize' })],
    ['an error that is an object', ({ state }) => ({ error: {}, state })],
    ['a member that nobody knows and that is no text', (result) => ({ ...result, detail: { code: 'x' } })],
    ['a member with brackets', (result) => ({ ...result, 'code[]': 'x' })],
    ['a member named constructor', (result) => ({ ...result, constructor: 'x' })],
    ['a member named prototype', (result) => ({ ...result, prototype: 'x' })],
    ['a member named __proto__', (result) => `{"__proto__":"x",${JSON.stringify(result).slice(1)}`],
    ['all of it as __proto__', (result) => `{"__proto__":${JSON.stringify(result)}}`],
    ['__proto__ inside authorization', (r) => `{"authorization":{"__proto__":"x",${JSON.stringify(r).slice(1)}}`],
    ['a list around it', (result) => [result]],
    ['null', () => 'null'],
    ['a number', () => '1'],
    ['nothing', () => ''],
    ['an empty object', () => '{}'],
  ])('is refused with %s, and the login stays under way', async (_what, build) => {
    const visitor = (await startApp(setup)).visitor()
    const result = resultOf(await beginPopup(visitor))
    const answer = await postResult(visitor, build(result))
    await expectRefused(answer, visitor, 'ERR_APPLE_CALLBACK')
    expect(answer.status).toBe(400)
    expect(apple.requestsTo('/token')).toHaveLength(0)
    expect((await postResult(visitor, result)).status).toBe(200)
  })

  it.each([
    ['more than 64 KiB', 'x'.repeat(70_000)],
    ['5 MB', 'x'.repeat(5_000_000)],
  ])('is refused with %s by 413', async (_what, filling) => {
    const visitor = (await startApp(setup)).visitor()
    const result = resultOf(await beginPopup(visitor))
    const answer = await postResult(visitor, { ...result, filling })
    expect(answer.status).toBe(413)
    expect((await postResult(visitor, result)).status).toBe(200)
  })

  it.each([
    ['the user', (deep: string) => `"user":{"name":${deep}}`],
    ['a member that nobody knows', (deep: string) => `"x":${deep}`],
  ])('is refused where %s is nested thousands of times, and breaks nothing', async (_what, member) => {
    const visitor = (await startApp(setup)).visitor()
    const result = JSON.stringify(resultOf(await beginPopup(visitor))).slice(1)
    const deep = `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`
    const answer = await postResult(visitor, `{${member(deep)},${result}`)
    await expectRefused(answer, visitor, 'ERR_APPLE_CALLBACK')
  })
})

describe('the bytes of a popup’s JSON', () => {
  it.each<[string, (code: string, state: string) => string]>([
    ['a code twice', (code, state) => `{"code":"x","code":"${code}","state":"${state}"}`],
    ['a code twice, the other way round', (code, state) => `{"code":"${code}","code":"x","state":"${state}"}`],
    ['a state twice, once escaped', (code, state) => `{"code":"${code}","state":"x","st\\u0061te" : "${state}"}`],
    [
      'authorization twice',
      (code, state) => `{"authorization":{"code":"${code}","state":"${state}"},"authorization":{}}`,
    ],
    ['a name twice', (code, state) => `{"user":{"name":{},"name":{}},"code":"${code}","state":"${state}"}`],
    ['a text around it', (code, state) => JSON.stringify(JSON.stringify({ code, state }))],
    ['half of it', (code, state) => `{"code":"${code}","state":"${state}"`],
    ['something behind it', (code, state) => `{"code":"${code}","state":"${state}"}{}`],
    ['a comment', (code, state) => `{"code":"${code}",/**/"state":"${state}"}`],
    ['a form instead', (code, state) => `code=${code}&state=${state}`],
  ])('are refused with %s', async (_what, build) => {
    const visitor = (await startApp()).visitor()
    const { code, state } = resultOf(await beginPopup(visitor))
    await expectRefused(await postResult(visitor, build(code, state)), visitor, 'ERR_APPLE_CALLBACK')
    expect(apple.requestsTo('/token')).toHaveLength(0)
    expect((await postResult(visitor, { code, state })).status).toBe(200)
  })

  it('may hold the same name in different objects, and quotes and braces in texts', async () => {
    const visitor = (await startApp()).visitor()
    const result = resultOf(await beginPopup(visitor))
    const user = {
      email: '{"code":"x","code":"y"}',
      name: { firstName: '"', lastName: '\\"{' },
      x: [{ y: 1 }, { y: 1 }],
    }
    expect((await postResult(visitor, { authorization: result, user, locale: '{}' })).status).toBe(200)
    expect((await visitor.get('/private')).body.user.unverifiedName).toEqual(user.name)
  })

  it.each(['application/json; charset=utf-16', 'text/json', 'application/jwt', 'text/plain', 'application/ld+json'])(
    'are refused as %s by 415',
    async (type) => {
      const visitor = (await startApp()).visitor()
      const result = resultOf(await beginPopup(visitor))
      const answer = await postResult(visitor, result, { ...ownPage, 'Content-Type': type })
      await expectRefused(answer, visitor, 'ERR_APPLE_CALLBACK')
      expect(answer.status).toBe(415)
    },
  )
})

describe('a login by redirect', () => {
  it.each([true, false])('is not finished by JSON, PKCE %s, and stays under way', async (pkce) => {
    const visitor = (await startApp({ options: { pkce } })).visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    for (const body of [
      fields,
      { authorization: fields },
      { error: 'user_cancelled_authorize', state: fields.state },
    ]) {
      const answer = await postResult(visitor, body)
      await expectRefused(answer, visitor, 'ERR_APPLE_CALLBACK')
      expect(answer.status).toBe(415)
    }
    expect((await postCallback(visitor, fields)).headers.location).toBe('/private')
  })

  it('of the person who is signed in is left alone by a popup’s result that fails', async () => {
    const visitor = (await startApp()).visitor()
    await signIn(apple, visitor)
    const login = await beginPopup(visitor)
    expect((await postResult(visitor, { code: 'made up', state: login.state })).body.code).toBe('ERR_APPLE_TOKEN')
    expect((await visitor.get('/')).body.signedIn).toBe(true)
  })
})
