import { describe, expect, it } from '@jest/globals'
import type { Response } from 'supertest'
import { beginLogin, stateOf, type Visitor } from '../support/login-steps.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

/** A school's app that Apple answers by GET. */
function startSchool(): Promise<TestApp> {
  return startApp({ options: { service: 'account-data-sharing', responseMode: 'query' } })
}

function openCallback(
  visitor: Visitor,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return visitor
    .get('/auth/apple/callback')
    .query(fields)
    .set({ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', ...headers })
    .then()
}

describe('a callback by GET (catalogue section 1)', () => {
  it.each([
    ['Sec-Purpose', 'prefetch;prerender'],
    ['Purpose', 'prefetch'],
    ['X-Moz', 'prefetch'],
  ])('row 34: opened ahead of time, by %s, loses nobody their login', async (name, value) => {
    const visitor = (await startSchool()).visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const ahead = await openCallback(visitor, fields, { [name]: value })
    expect(ahead.headers['cache-control']).toBe('no-store')
    const answer = await openCallback(visitor, fields)
    expect([answer.status, answer.headers.location]).toEqual([303, '/private'])
    expect(apple.requestsTo('/token')).toHaveLength(1)
    expect((await visitor.get('/private')).status).toBe(200)
  })

  it('row 34: opened again, by Reload or Back, leads to the same page and asks Apple nothing', async () => {
    const visitor = (await startSchool()).visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    for (const headers of [{}, { 'Sec-Fetch-Site': 'none' }, { 'Cache-Control': 'no-cache' }]) {
      const answer = await openCallback(visitor, fields, headers)
      expect([answer.status, answer.headers.location]).toEqual([303, '/private'])
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.text).not.toContain(fields.code)
    }
    expect(apple.requestsTo('/token')).toHaveLength(1)
  })

  it('row 34: is no login by itself for somebody who only has its address', async () => {
    const app = await startSchool()
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor)
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    expect((await openCallback(visitor, fields)).status).toBe(303)
    const stranger = app.visitor()
    const answer = await openCallback(stranger, fields, { 'Sec-Fetch-Site': 'none' })
    expect([answer.status, answer.body.code]).toEqual([400, 'ERR_APPLE_STATE'])
    expect((await stranger.get('/private')).status).toBe(401)
    expect(apple.requestsTo('/token')).toHaveLength(1)
  })
})
