import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type AppleAuthError, AppleStateError } from '../../src/index.js'
import { expectRefused, expectSignedOut, expectUsedUp } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp
const failures: AppleAuthError[] = []

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url)
  app.apple.on('login_failed', ({ error }) => failures.push(error))
})
afterEach(() => {
  apple.reset()
  failures.length = 0
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

describe('attacks on /callback (catalogue section 1): state and code', () => {
  it('row 1: refuses code and state of an attacker in a browser with no login under way', async () => {
    const attacker = await beginLogin(app.visitor())
    const victim = app.visitor()
    const answer = await postCallback(victim, { code: apple.issueCode(attacker), state: stateOf(attacker) })
    await expectRefused(answer, victim, 'ERR_APPLE_STATE')
    expect(apple.requestsTo('/token')).toHaveLength(0)
  })

  it("row 2: refuses them beside the victim's own login, which still works", async () => {
    const attacker = await beginLogin(app.visitor())
    const victim = app.visitor()
    const own = await beginLogin(victim, '/private')
    await expectRefused(
      await postCallback(victim, { code: apple.issueCode(attacker), state: stateOf(attacker) }),
      victim,
    )
    const answer = await postCallback(victim, { code: apple.issueCode(own), state: stateOf(own) })
    expect(answer.headers.location).toBe('/private')
  })

  it("rows 3 and 4: refuses another login's code under this browser's own state, by its nonce", async () => {
    const elsewhere = await beginLogin(app.visitor())
    const visitor = app.visitor()
    const own = await beginLogin(visitor)
    const answer = await postCallback(visitor, { code: apple.issueCode(elsewhere), state: stateOf(own) })
    await expectRefused(answer, visitor, 'ERR_APPLE_ID_TOKEN')
    expect((app.errors.at(-1) as Error).message).toMatch(/nonce of another login/)
    await expectUsedUp(apple, visitor, own)
  })

  it('rows 3 and 4: refuses it by the nonce alone where there is no code verifier to tell the two apart', async () => {
    const plain = await TestApp.start(apple.url, { options: { pkce: false } })
    const elsewhere = await beginLogin(plain.visitor())
    expect(elsewhere.searchParams.has('code_challenge')).toBe(false)
    const visitor = plain.visitor()
    const own = await beginLogin(visitor)
    const answer = await postCallback(visitor, { code: apple.issueCode(elsewhere), state: stateOf(own) })
    await expectRefused(answer, visitor, 'ERR_APPLE_ID_TOKEN')
    expect((plain.errors.at(-1) as Error).message).toMatch(/nonce of another login/)
    await plain.stop()
  })

  it.each([
    ['one character changed', (state: string) => `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`],
    ['in upper case', (state: string) => state.toUpperCase()],
    ['cut short', (state: string) => state.slice(0, -1)],
    ['with a space behind it', (state: string) => `${state} `],
  ])('row 5: refuses a state %s', async (_name, change) => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const answer = await postCallback(visitor, {
      code: apple.issueCode(authorizeUrl),
      state: change(stateOf(authorizeUrl)),
    })
    await expectRefused(answer, visitor, 'ERR_APPLE_STATE')
  })

  it.each([
    ['missing', {}],
    ['empty', { state: '' }],
  ])('rows 6 and 7: refuses a state that is %s', async (_name, state) => {
    const visitor = app.visitor()
    const code = apple.issueCode(await beginLogin(visitor))
    await expectRefused(await postCallback(visitor, { code, ...state }), visitor, 'ERR_APPLE_CALLBACK')
  })

  it('row 7: refuses an empty state even where the session holds a login with an empty one', async () => {
    const emptied = await TestApp.start(apple.url, {
      before: (before) =>
        before.get('/empty-the-state', (req, res) => {
          const key = 'express-apple-auth:apple:logins'
          const login = Reflect.get(req.session, key) as string
          const emptied = login.replace(/^page\|[\w-]{43}\|/, 'page||')
          Reflect.set(req.session, key, emptied)
          res.json(emptied.length - login.length)
        }),
    })
    const visitor = emptied.visitor()
    const code = apple.issueCode(await beginLogin(visitor))
    expect((await visitor.get('/empty-the-state')).body).toBe(-43)
    await expectRefused(await postCallback(visitor, { code, state: '' }), visitor, 'ERR_APPLE_CALLBACK')
    await expectRefused(await postCallback(visitor, { code }), visitor, 'ERR_APPLE_CALLBACK')
    expect(apple.requestsTo('/token')).toHaveLength(0)
    await emptied.stop()
  })

  it('row 8: refuses a missing code without asking Apple, and a made-up one after asking once', async () => {
    const visitor = app.visitor()
    const withoutCode = await beginLogin(visitor)
    await expectRefused(await postCallback(visitor, { state: stateOf(withoutCode) }), visitor)
    await expectUsedUp(apple, visitor, withoutCode)
    expect(apple.requestsTo('/token')).toHaveLength(0)
    const authorizeUrl = await beginLogin(visitor)
    const fields = { state: stateOf(authorizeUrl), code: 'made-up' }
    await expectRefused(await postCallback(visitor, fields), visitor, 'ERR_APPLE_TOKEN')
    await expectUsedUp(apple, visitor, authorizeUrl)
    expect(apple.requestsTo('/token')).toHaveLength(1)
  })

  it('row 9: sends a replayed callback where the first one went, without asking Apple again', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor, '/private?again')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    await postCallback(visitor, fields)
    const again = await postCallback(visitor, fields)
    expect([again.status, again.headers.location]).toEqual([303, '/private?again'])
    expect(apple.requestsTo('/token')).toHaveLength(1)
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('row 10: takes ten parallel posts of one callback as one login, and each answer carries it', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    apple.misbehave = ({ path }, res) => {
      if (!path.endsWith('/keys')) return false
      setTimeout(
        () => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(apple.jwks())),
        100,
      )
      return true
    }
    const answers = await Promise.all(Array.from({ length: 10 }, () => postCallback(visitor, fields)))
    expect(answers.map(({ status, headers }) => `${String(status)} ${String(headers.location)}`)).toEqual(
      Array.from({ length: 10 }, () => '303 /private'),
    )
    expect(apple.requestsTo('/token')).toHaveLength(1)
    const cookies = new Set(answers.map(({ headers }) => String(headers['set-cookie']).split(';')[0]))
    expect(cookies.size).toBe(1)
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('row 10: ten parallel posts of a callback that fails are one token request and one failed login', async () => {
    const visitor = app.visitor()
    const state = stateOf(await beginLogin(visitor))
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => postCallback(visitor, { code: 'made-up', state })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]))
    expect(apple.requestsTo('/token')).toHaveLength(1)
    expect(failures.filter((error) => !(error instanceof AppleStateError))).toHaveLength(1)
    await expectSignedOut(visitor)
  })

  it('row 10: a login that failed stays used up where every request saves its session again', async () => {
    const saving = await TestApp.start(apple.url, { session: { resave: true, saveUninitialized: true } })
    const visitor = saving.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const state = stateOf(authorizeUrl)
    await Promise.all(Array.from({ length: 10 }, () => postCallback(visitor, { code: 'made-up', state })))
    const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state })
    await expectRefused(answer, visitor, 'ERR_APPLE_STATE')
    await saving.stop()
  })

  it('row 11: refuses the real code after an error came with the same state', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const state = stateOf(authorizeUrl)
    await postCallback(visitor, { error: 'server_error', state })
    await expectRefused(
      await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state }),
      visitor,
      'ERR_APPLE_STATE',
    )
  })

  it('row 12: lets a pending login survive a forged error with an unknown state', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    await expectRefused(await postCallback(visitor, { error: 'user_cancelled_authorize', state: 'forged' }), visitor)
    const answer = await postCallback(visitor, { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect(answer.status).toBe(303)
  })

  it.each([
    ['the first', [0, 1]],
    ['the second', [1, 0]],
  ])('row 13: finishes two tabs, %s first, each at its own page', async (_name, order) => {
    const visitor = app.visitor()
    const pages = ['/private?tab=0', '/private?tab=1']
    const tabs = [await beginLogin(visitor, pages[0]), await beginLogin(visitor, pages[1])]
    for (const index of order) {
      const tab = tabs[index]
      if (tab === undefined) throw new Error('no such tab')
      const answer = await postCallback(visitor, { code: apple.issueCode(tab), state: stateOf(tab) })
      expect(answer.headers.location).toBe(pages[index])
    }
    expect((await visitor.get('/private')).status).toBe(200)
  })
})

describe('attacks on /callback (catalogue section 1): errors and unsigned fields', () => {
  it('row 24: takes a cancelled login back to the app, and nobody is signed in', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const fields = { error: 'user_cancelled_authorize', state: stateOf(authorizeUrl) }
    const answer = await postCallback(visitor, fields)
    expect([answer.status, answer.headers.location]).toEqual([303, '/'])
    await expectSignedOut(visitor)
    await expectUsedUp(apple, visitor, authorizeUrl)
  })

  it('row 25: shows the app’s error page for any other error', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const fields = { error: 'login_required', state: stateOf(authorizeUrl) }
    await expectRefused(await postCallback(visitor, fields), visitor, 'ERR_APPLE_AUTHORIZATION')
    expect(failures[0]?.details).toEqual({ appleError: 'login_required' })
    await expectUsedUp(apple, visitor, authorizeUrl)
  })

  it('row 26: takes an error beside a code as an error', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const fields = { error: 'server_error', code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    await expectRefused(await postCallback(visitor, fields), visitor, 'ERR_APPLE_AUTHORIZATION')
    await expectUsedUp(apple, visitor, authorizeUrl)
    expect(apple.requestsTo('/token')).toHaveLength(0)
  })

  it('row 27: reflects no markup from error or error_description, not even in the relay page', async () => {
    const visitor = app.visitor()
    const markup = '"><script>alert(1)</script>'
    const state = stateOf(await beginLogin(visitor))
    const answer = await postCallback(visitor, { error: markup, error_description: markup, state })
    expect(answer.text).not.toContain('<script>alert')
    const relayed = await visitor
      .post('/auth/apple/callback')
      .set('Sec-Fetch-Site', 'cross-site')
      .type('form')
      .send({ error: markup, error_description: markup, state: markup })
    expect(relayed.status).toBe(200)
    expect(relayed.text).not.toContain('<script>alert')
    expect(relayed.text).toContain('&quot;&gt;&lt;script&gt;alert(1)')
  })

  it('row 27: reflects none on Express’s own error page either, which shows no stack', async () => {
    // Outside production, as here, Express prints the stack of what it is given.
    const bare = await TestApp.start(apple.url, { errorPage: false })
    const markup = '"><img src=x onerror=alert(1)>'
    const visitor = bare.visitor()
    const [first, second] = [stateOf(await beginLogin(visitor)), stateOf(await beginLogin(visitor))]
    for (const fields of [
      { error: markup, error_description: markup, state: first },
      { code: markup, state: second },
      { error: markup, state: markup },
      { code: markup, state: markup, iss: markup, user: markup, [markup]: markup },
      { [`${markup}[]`]: markup, state: markup },
    ]) {
      const answer = await postCallback(visitor, fields)
      expect([answer.status, answer.type]).toEqual([400, 'text/html'])
      expect(answer.text).not.toMatch(/img|onerror|alert/)
      expect(answer.text).not.toMatch(/\n\s*at |&nbsp;at |\.[jt]s:/)
    }
    await bare.stop()
  })

  it('row 28: refuses the iss of another issuer, takes the allowed one', async () => {
    const visitor = app.visitor()
    const first = await beginLogin(visitor)
    const wrong = { iss: 'https://elsewhere.example', code: apple.issueCode(first), state: stateOf(first) }
    await expectRefused(await postCallback(visitor, wrong), visitor, 'ERR_APPLE_CALLBACK')
    await expectUsedUp(apple, visitor, first)
    const second = await beginLogin(visitor)
    const right = { iss: apple.url, code: apple.issueCode(second), state: stateOf(second) }
    expect((await postCallback(visitor, right)).status).toBe(303)
  })

  it.each([
    ['no JSON', '{"name":'],
    ['a list', '[]'],
    ['a text', '"name"'],
    ['names of other types', '{"name":{"firstName":{},"lastName":["x"]}}'],
    ['__proto__', '{"__proto__":{"polluted":true},"name":{"__proto__":{"polluted":true}}}'],
    ['far too long', JSON.stringify({ name: { firstName: 'x'.repeat(20_000) } })],
  ])('row 29: signs in without a name where user is %s', async (_name, user) => {
    const visitor = app.visitor()
    expect((await signIn(apple, visitor, { user })).status).toBe(303)
    const { body } = await visitor.get('/private')
    expect(body.user.sub).toMatch(/^001883/)
    expect(body.user).not.toHaveProperty('unverifiedName')
    expect({}).not.toHaveProperty('polluted')
  })

  it('row 30: takes the e-mail address from the id_token, never from the posted user', async () => {
    const visitor = app.visitor()
    await signIn(apple, visitor, { user: '{"name":{"firstName":"A"},"email":"victim@example.com"}' })
    const { body } = await visitor.get('/private')
    expect(body.user.email).toBe('person@example.com')
    expect(JSON.stringify(body)).not.toContain('victim')
  })

  it('row 31: keeps a name as typed but for control characters, and within bounds', async () => {
    const visitor = app.visitor()
    const firstName = `<b>\u202EM\u0000a\r\nx 🙂${'y'.repeat(1000)}`
    await signIn(apple, visitor, { user: JSON.stringify({ name: { firstName, lastName: ' \u0007 ' } }) })
    const { body } = await visitor.get('/private')
    expect(body.user.unverifiedName.firstName.startsWith('<b>\u202EMax 🙂yyy')).toBe(true)
    expect(Array.from(body.user.unverifiedName.firstName as string)).toHaveLength(128)
    expect(body.user.unverifiedName).not.toHaveProperty('lastName')
  })

  it('row 32: looks at no id_token that is posted beside the code', async () => {
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const forged = apple.idToken(
      'com.example.web',
      { claims: { sub: 'attacker' } },
      authorizeUrl.searchParams.get('nonce'),
    )
    await postCallback(visitor, { id_token: forged, code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) })
    expect((await visitor.get('/private')).body.user.sub).toMatch(/^001883/)
  })
})
