import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Request } from 'express'
import type { AppleTokens, RequestApple } from '../../src/index.js'
import { signIn } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp
let atLogin: AppleTokens | undefined
let requestApple: RequestApple | undefined
let answered = ''

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url, {
    options: {
      onLogin: ({ tokens }) => {
        atLogin = tokens
      },
    },
    routes: (express) => {
      express.get('/tokens', (req: Request, res) => {
        requestApple = req.apple
        res.json({ tokens: req.apple.tokens, apple: req.apple, spread: { ...req.apple.tokens } })
      })
    },
  })
  const visitor = app.visitor()
  await signIn(apple, visitor)
  answered = (await visitor.get('/tokens')).text
})
afterEach(() => {
  apple.reset()
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

function signedIn(): { tokens: AppleTokens; texts: string[] } {
  const tokens = requestApple?.tokens
  const texts = [tokens?.accessToken, tokens?.refreshToken, tokens?.idToken]
  if (tokens === undefined || !texts.every((text) => text !== undefined)) throw new Error('a token is missing')
  return { tokens, texts }
}

describe('AppleTokens', () => {
  it('are there to be read', () => {
    const { tokens } = signedIn()
    const { accessToken, refreshToken, idToken } = tokens
    expect(accessToken).toMatch(/^a[0-9a-f]{32}\./)
    expect(refreshToken).toMatch(/^r[0-9a-f]{32}\./)
    expect(idToken?.split('.')).toHaveLength(3)
    expect(tokens.tokenType).toBe('Bearer')
    expect(tokens.scope).toBe('name email')
    expect(tokens.requestedScope).toBe('name email')
    expect(tokens.expiresAt).toBeInstanceOf(Date)
    expect(tokens.expiresAt.getTime()).toBeGreaterThan(Date.now())
  })

  it('are the same in onLogin', () => {
    const { tokens } = signedIn()
    expect(atLogin?.accessToken).toBe(tokens.accessToken)
    expect(atLogin?.refreshToken).toBe(tokens.refreshToken)
    expect(atLogin?.idToken).toBe(tokens.idToken)
    expect(atLogin?.expiresAt).toEqual(tokens.expiresAt)
  })

  it.each<[string, (tokens: AppleTokens) => string]>([
    ['util.inspect', (tokens) => inspect(tokens)],
    [
      'util.inspect with hidden properties',
      (tokens) => inspect(tokens, { depth: Infinity, showHidden: true, getters: true }),
    ],
    ['util.inspect of something around them', (tokens) => inspect({ a: [{ tokens }] }, { depth: Infinity })],
    ['console.log with %s', (tokens) => format('%s', tokens)],
    ['console.log with %o', (tokens) => format('%o', tokens)],
    ['console.log with %O', (tokens) => format('%O', tokens)],
    ['console.log with %j', (tokens) => format('%j', tokens)],
    ['JSON.stringify', (tokens) => JSON.stringify(tokens)],
    ['JSON.stringify of something around them', (tokens) => JSON.stringify({ a: [{ tokens }] })],
    ['String()', (tokens: unknown) => String(tokens)],
    ['joining', (tokens: unknown) => [tokens].join()],
  ])('show [redacted] through %s', (_name, show) => {
    for (const tokens of [signedIn().tokens, atLogin]) {
      if (tokens === undefined) throw new Error('onLogin was not called')
      const shown = show(tokens)
      expect(shown).toContain('[redacted]')
      for (const text of signedIn().texts) expect(shown).not.toContain(text)
    }
  })

  it.each<[string, (tokens: AppleTokens) => unknown]>([
    ['a spread', (tokens) => ({ ...tokens })],
    ['Object.assign', (tokens) => Object.assign({}, tokens)],
    ['Object.entries', (tokens) => Object.entries(tokens)],
    ['Object.getOwnPropertyDescriptors', (tokens) => Object.getOwnPropertyDescriptors(tokens)],
    ['Reflect.ownKeys', (tokens) => Reflect.ownKeys(tokens)],
    ['structuredClone', (tokens) => structuredClone(tokens)],
    ['v8.serialize', (tokens) => serialize(tokens).toString('latin1')],
    [
      'for in',
      (tokens) => {
        const names: string[] = []
        for (const name in tokens) names.push(name)
        return names
      },
    ],
  ])('give nothing away to %s', (_name, copy) => {
    const { tokens, texts } = signedIn()
    const copied = inspect(copy(tokens), { depth: Infinity, showHidden: true }) + JSON.stringify(copy(tokens))
    for (const text of texts) expect(copied).not.toContain(text)
  })

  it('reach no browser through res.json()', () => {
    expect(JSON.parse(answered)).toEqual({ tokens: '[redacted]', apple: expect.anything(), spread: {} })
    for (const text of signedIn().texts) expect(answered).not.toContain(text)
  })

  it('cannot be replaced', () => {
    const { tokens, texts } = signedIn()
    expect(() => Object.assign(tokens, { accessToken: 'mine' })).toThrow(TypeError)
    expect(tokens.accessToken).toBe(texts[0])
  })
})

describe('req.apple', () => {
  it('shows no token when it is printed or encoded', () => {
    const shown = inspect(requestApple, { depth: Infinity, showHidden: true }) + JSON.stringify(requestApple)
    for (const text of signedIn().texts) expect(shown).not.toContain(text)
  })
})
