import { format, inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import createDebug from 'debug'
import type { Response } from 'supertest'
import { expectNoSecret } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { p8 } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()
const { log } = createDebug
const entries: string[] = []

beforeEach(() => {
  createDebug.enable('express-apple-auth')
  createDebug.log = (...values: unknown[]) => void entries.push(format(...values))
})
afterEach(() => {
  createDebug.disable()
  createDebug.log = log
  entries.length = 0
})

describe('failures at the callback (catalogue sections 1 and 5)', () => {
  it('rows 34 and 112: show no secret in any answer, address, error, event or log', async () => {
    const app = await startApp()
    const events: unknown[] = []
    app.apple.on('login_failed', (event) => events.push(event)).on('login', (event) => events.push(event))
    const visitor = app.visitor()
    const codes: string[] = []
    const begin = async (): Promise<{ code: string; state: string }> => {
      const authorizeUrl = await beginLogin(visitor)
      const code = apple.issueCode(authorizeUrl)
      codes.push(code)
      return { code, state: stateOf(authorizeUrl) }
    }
    const answers: Response[] = []
    const post = async (fields: Record<string, string>): Promise<void> => {
      answers.push(await postCallback(visitor, fields))
    }

    await post({ ...(await begin()), error: 'server_error' })
    await post({ ...(await begin()), state: 'unknown' })
    await post({ ...(await begin()), state: '' })
    await post({ ...(await begin()), iss: 'https://elsewhere.example' })
    await post({ ...(await begin()), code: 'made-up' })
    answers.push(await visitor.get('/auth/apple/callback').query(await begin()))
    answers.push(await visitor.post('/auth/apple/callback').send(await begin()))
    for (const idToken of [{ claims: { nonce: 'x' } }, { header: { kid: 'x' } }, { claims: { aud: 'x' } }]) {
      answers.push(await signIn(apple, visitor, { idToken }))
    }
    const failed = answers.length
    apple.tokenAnswer = { token_type: 'mac' }
    await post(await begin())
    apple.tokenAnswer = {}
    await post(await begin())

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 405, 415, 401, 401, 401, 424, 303])
    expect([app.errors.length, events.length, entries.length]).toEqual([failed + 1, failed + 2, failed + 2])
    const seen = [
      ...answers.map(({ text, headers }) => text + JSON.stringify(headers)),
      ...[app.errors, events].map(
        (each) => inspect(each, { depth: Infinity, showHidden: true }) + JSON.stringify(each),
      ),
      ...app.errors.map(String),
      ...entries,
      ...apple.requests.map(({ path, headers }) => path + JSON.stringify(headers)),
    ].join('\n')
    const secrets = ['client_secret', 'code_verifier', 'code'].flatMap((field) =>
      apple.requestsTo('/token').flatMap(({ form }) => form.getAll(field)),
    )
    expectNoSecret(seen)
    for (const secret of [...codes, ...secrets, ...p8.split('\n').slice(1, 3)]) {
      if (secret === 'made-up') continue
      expect(secret.length).toBeGreaterThan(20)
      expect(seen).not.toContain(secret)
    }
  })
})
