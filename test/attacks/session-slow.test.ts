import { type IncomingHttpHeaders, request as send } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import { beginLogin, postCallback, stateOf } from '../support/login-steps.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'
import { sessionsIn } from '../session/stored-session.js'

const { apple, startApp } = useApple()

/** A memory store that takes its time. */
class SlowStore extends session.MemoryStore {
  override get(...[sid, done]: Parameters<session.MemoryStore['get']>): void {
    setTimeout(() => {
      super.get(sid, done)
    }, 100)
  }

  override set(...[sid, data, done]: Parameters<session.MemoryStore['set']>): void {
    // What is written is settled when it is sent off.
    const sent = JSON.parse(JSON.stringify(data)) as session.SessionData
    setTimeout(() => {
      super.set(sid, sent, done)
    }, 100)
  }

  override destroy(...[sid, done]: Parameters<session.MemoryStore['destroy']>): void {
    setTimeout(() => {
      super.destroy(sid, done)
    }, 100)
  }
}

/** The head of an answer, and what the store holds as it arrives: a browser follows a redirect without waiting for more. */
interface Head {
  readonly headers: IncomingHttpHeaders
  readonly cookie: string
  readonly stored: string
}

/** Sends a request and looks into the store as soon as the answer begins. */
function headOf(
  app: TestApp,
  store: SlowStore,
  path: string,
  cookie = '',
  form?: Record<string, string>,
): Promise<Head> {
  return new Promise((resolve, reject) => {
    const method = form === undefined ? 'GET' : 'POST'
    const type = form === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }
    const headers = { ...type, Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' }
    send(`${app.url}/auth/apple${path}`, { method, headers }, (answer) => {
      const [set = ''] = answer.headers['set-cookie'] ?? []
      sessionsIn(store).then((sessions) => {
        resolve({ headers: answer.headers, cookie: set.split(';')[0] ?? '', stored: JSON.stringify(sessions) })
      }, reject)
      answer.resume()
    })
      .on('error', reject)
      .end(new URLSearchParams(form).toString())
  })
}

describe('a slow session store (catalogue section 7)', () => {
  it('row 131: is waited for before the first byte of an answer that leads on', async () => {
    const store = new SlowStore()
    const app = await startApp({ session: { store } })
    const begun = await headOf(app, store, '/login?returnTo=/private')
    const authorizeUrl = new URL(begun.headers.location ?? '')
    expect(begun.stored).toContain(stateOf(authorizeUrl))
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const done = await headOf(app, store, '/callback', begun.cookie, fields)
    expect(done.headers.location).toBe('/private')
    expect(done.stored).toContain('"express-apple-auth:apple":')
    const gone = await headOf(app, store, '/logout', done.cookie, {})
    expect([gone.headers.location, gone.stored]).toEqual(['/', '{}'])
    expect(app.errors).toEqual([])
  })

  it('row 131: makes one login of a callback that comes twice while it is slow', async () => {
    const app = await startApp({ session: { store: new SlowStore() } })
    const visitor = app.visitor()
    const authorizeUrl = await beginLogin(visitor, '/private')
    const fields = { code: apple.issueCode(authorizeUrl), state: stateOf(authorizeUrl) }
    const answers = await Promise.all([postCallback(visitor, fields), postCallback(visitor, fields)])
    expect(answers.map(({ status, headers }) => `${String(status)} ${String(headers.location)}`)).toEqual([
      '303 /private',
      '303 /private',
    ])
    expect(apple.requestsTo('/token')).toHaveLength(1)
    expect((await visitor.get('/private')).status).toBe(200)
  })
})
