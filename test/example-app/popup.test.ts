import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { LoopbackApple } from '../support/loopback-apple.js'
import { beginPopup, popupRequest, postResult } from '../support/popup-steps.js'
import { Example } from './example.js'

const scriptPath = '/appleauth/static/jsapi/appleid/1/en_US/appleid.auth.js'
let apple: LoopbackApple
let example: Example | undefined

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
afterEach(async () => {
  await example?.stop()
  example = undefined
  apple.reset()
})
afterAll(() => apple.stop())

async function start(changes: Record<string, string> = {}): Promise<Example> {
  example = await Example.start(apple.url, changes)
  return example
}

describe('the popup of the example app', () => {
  it('stands beside the link on the first page, hidden until Apple’s script is there, and sets no cookie', async () => {
    const { text, headers } = await (await start()).visitor().get('/')
    expect(text).toContain('href="/auth/apple/login?returnTo=')
    expect(text).toMatch(/<button [^>]*id="popup" hidden>Sign in with a popup<\/button>/)
    expect(text).toMatch(/<p [^>]*role="status" id="popup-notice" hidden><\/p>/)
    expect(headers['set-cookie']).toBeUndefined()
  })

  it.each([
    ['the simulator', {}, undefined],
    [
      'Apple',
      { APPLE_BASE_URL: '', APPLE_REDIRECT_URI: 'https://school.example/auth/apple/callback' },
      'https://appleid.cdn-apple.com',
    ],
    [
      'Apple, spelt out',
      {
        APPLE_BASE_URL: 'https://appleid.apple.com',
        APPLE_REDIRECT_URI: 'https://school.example/auth/apple/callback',
      },
      'https://appleid.cdn-apple.com',
    ],
  ])('loads the script of %s, which its policy allows, and its own', async (_whose, changes, origin = apple.url) => {
    const { text, headers } = await (await start(changes)).visitor().get('/')
    expect([...text.matchAll(/<script src="([^"]+)" defer><\/script>/g)].map(([, src]) => src)).toEqual([
      `${origin}${scriptPath}`,
      '/popup.js',
    ])
    const policy = headers['content-security-policy']?.split(';') ?? []
    expect(policy).toContain(`script-src 'self' ${origin}`)
    expect(policy.join()).not.toMatch(/unsafe-eval|script-src[^,]*unsafe-inline/)
  })

  it('keeps the opener of its popups, as Apple needs it', async () => {
    const visitor = (await start()).visitor()
    for (const path of ['/', '/nothing-here']) {
      expect((await visitor.get(path)).headers['cross-origin-opener-policy']).toBe('same-origin-allow-popups')
    }
  })

  it('serves the page’s part of it', async () => {
    const { status, text } = await (await start()).visitor().get('/popup.js')
    expect([status, text]).toEqual([200, readFileSync('example-app/public/popup.js', 'utf8')])
  })

  it('signs in by what the popup gave the page, keeps the name, and offers no popup then', async () => {
    const visitor = (await start()).visitor()
    const login = await beginPopup(visitor, '/classes')
    const authorization = { code: apple.issueCode(popupRequest(login)), state: login.state }
    const user = { name: { firstName: 'Popup', lastName: 'Student' } }
    const answer = await postResult(visitor, { authorization, user })
    expect([answer.status, answer.body]).toEqual([200, { returnTo: '/classes' }])
    const { text } = await visitor.get('/')
    expect(text).toContain('Popup Student')
    expect(text).not.toContain('<script')
  })

  it('comes back with the notice of a login by redirect after Cancel', async () => {
    const visitor = (await start()).visitor()
    const { state } = await beginPopup(visitor)
    const answer = await postResult(visitor, { error: 'user_cancelled_authorize', state })
    expect(answer.body).toEqual({ returnTo: '/?cancelled' })
  })
})
