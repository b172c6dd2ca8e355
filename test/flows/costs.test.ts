import { describe, expect, it } from '@jest/globals'
import session from 'express-session'
import { signIn } from '../support/login-steps.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

/** A session store that counts what is written. */
class CountingStore extends session.MemoryStore {
  written: string[] = []

  override set(id: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    this.written.push(JSON.stringify(data))
    super.set(id, data, callback)
  }
}

describe('logins in a row', () => {
  it('ask Apple once each for tokens, once in all for keys, and with one client secret', async () => {
    const app = await startApp()
    for (let login = 0; login < 3; login++) expect((await signIn(apple, app.visitor())).status).toBe(303)
    const secrets = apple.requestsTo('/token').map(({ form }) => form.get('client_secret'))
    expect(secrets).toHaveLength(3)
    expect(new Set(secrets).size).toBe(1)
    expect(apple.requests.map(({ path }) => path).filter((path) => !path.endsWith('/token'))).toEqual(['/auth/keys'])
  })
})

describe('a guarded request', () => {
  it('writes nothing to the session store and asks Apple nothing', async () => {
    const store = new CountingStore()
    const app = await startApp({ session: { store } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const [writes, calls] = [store.written.length, apple.requests.length]
    for (let request = 0; request < 3; request++) expect((await visitor.get('/private')).status).toBe(200)
    expect([store.written.length, apple.requests.length]).toEqual([writes, calls])
  })

  it('finds the login in one value of the session, beside the note that it has ended well', async () => {
    const store = new CountingStore()
    const app = await startApp({ session: { store } })
    await signIn(apple, app.visitor())
    const kept = JSON.parse(store.written.at(-1) ?? '{}') as Record<string, unknown>
    expect(Object.keys(kept).sort()).toEqual(['cookie', 'express-apple-auth:apple', 'express-apple-auth:apple:logins'])
    expect(kept['express-apple-auth:apple']).toEqual(expect.any(String))
  })

  it('carries a session that is little longer than the tokens in it, and without an escape', async () => {
    const store = new CountingStore()
    const app = await startApp({ session: { store } })
    await signIn(apple, app.visitor())
    const saved = store.written.at(-1) ?? ''
    const tokens = saved.match(/[\w-]+\.[\w-]+\.[\w-]{342}|[ar][0-9a-f]{32}\.0\.test\.[\w-]+/g) ?? []
    expect(tokens).toHaveLength(3)
    expect(saved.length).toBeLessThan(tokens.join('').length + 500)
    expect(saved).not.toContain('\\')
  })
})
