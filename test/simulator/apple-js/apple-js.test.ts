import { Linter } from 'eslint'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import express from 'express'
import helmet from 'helmet'
import request from 'supertest'
import { appleJs } from '../../../src/simulator/apple-js/apple-js.js'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'

const browserNames = [
  ...['window', 'document', 'location', 'console', 'crypto', 'URL', 'CustomEvent', 'screenX', 'screenY', 'outerWidth'],
  ...['addEventListener', 'removeEventListener', 'setInterval', 'clearInterval', 'queueMicrotask'],
]

function pathFor(locale: string): string {
  return `/appleauth/static/jsapi/appleid/1/${locale}/appleid.auth.js`
}

describe('the script at Apple’s path', () => {
  let simulator: AppleSimulator

  beforeAll(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
  })
  afterAll(() => simulator.close())

  it.each(['en_US', 'de_DE', 'ar_SA', 'zh_TW', 'iw_IL'])(
    'is there in %s, as a script of any site’s',
    async (locale) => {
      const response = await fetch(`${simulator.url}${pathFor(locale)}`)
      expect([response.status, await response.text()]).toEqual([200, appleJs])
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
      })
    },
  )

  it.each(['en_us', 'en-US', 'en', 'xx_XX', 'constructor', '%2e%2e', 'en_US%2f'])(
    'is not there in %s',
    async (locale) => {
      expect((await fetch(`${simulator.url}${pathFor(locale)}`)).status).toBe(404)
    },
  )

  it('can be loaded by pages of other sites, and its popup keeps its opener, below an app that says otherwise', async () => {
    const app = express().use(helmet()).use('/apple', simulator.app)
    const script = await request(app).get(`/apple${pathFor('en_US')}`)
    expect(script.headers['cross-origin-resource-policy']).toBe('cross-origin')
    expect((await request(app).get('/apple/auth/authorize')).headers['cross-origin-opener-policy']).toBe('unsafe-none')
  })

  it('is plain, clean JavaScript', () => {
    const problems = new Linter().verify(appleJs, {
      languageOptions: {
        ecmaVersion: 2022,
        sourceType: 'script',
        globals: Object.fromEntries(browserNames.map((name) => [name, 'readonly'])),
      },
      rules: {
        'no-undef': 'error',
        'no-unused-vars': 'error',
        eqeqeq: 'error',
        'prefer-const': 'error',
        strict: 'error',
      },
    })
    expect(problems.filter(({ severity }) => severity === 2)).toEqual([])
    expect(appleJs).not.toMatch(/apple\.com|innerHTML|\beval\b/)
  })
})
