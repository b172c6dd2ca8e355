import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { DeviceSignIn } from '../../src/simulator/index.js'
import { RecipeApp } from './recipe-app.js'

let app: RecipeApp

beforeAll(async () => {
  app = await RecipeApp.start('Native apps', { bundleIds: ['com.example.app'] })
})
afterAll(() => app.stop())

/** What an iOS app does: it keeps a raw nonce, and Apple hears of its SHA-256. */
async function askApple(): Promise<DeviceSignIn & { nonce: string }> {
  const personId = app.personId('Home User')
  const nonce = randomUUID()
  const hashed = createHash('sha256').update(nonce).digest('hex')
  const signedIn = await app.simulator.signInOnDevice({ clientId: 'com.example.app', personId, nonce: hashed })
  return { ...signedIn, nonce }
}

describe('the README’s recipe for native apps', () => {
  it('signs a phone in, which then uses the app with its cookie', async () => {
    const phone = app.visitor()
    const login = await askApple()
    const answer = await phone.post('/auth/apple/native').send(login)
    expect(answer.status).toBe(200)
    expect(answer.body.user).toMatchObject({ unverifiedName: login.user?.name, realUserStatus: 2 })
    expect((await phone.get('/account')).body).toEqual({ sub: answer.body.user.sub })
    const token = app.simulator.requests.find(({ endpoint }) => endpoint === 'token')
    expect(token).toMatchObject({ status: 200, clientId: 'com.example.app' })
  })

  it('revokes at Apple under the bundle id when the phone signs out', async () => {
    const phone = app.visitor()
    await phone.post('/auth/apple/native').send(await askApple())
    expect((await phone.post('/auth/apple/logout').set('Accept', 'application/json')).status).toBe(204)
    const revoke = app.simulator.requests.find(({ endpoint }) => endpoint === 'revoke')
    expect(revoke).toMatchObject({ status: 200, clientId: 'com.example.app' })
    expect((await phone.get('/account').set('Accept', 'application/json')).status).toBe(401)
  })

  it('knows a person by the token alone, and by the same sub', async () => {
    // The sign-out above has ended the consent, and a token of that very second is not believed.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { identityToken } = await askApple()
    const answer = await app.visitor().get('/api/account').set('Authorization', `Bearer ${identityToken}`)
    expect(answer.body).toEqual({ sub: app.simulator.subject(app.personId('Home User')) })
    expect((await app.visitor().get('/api/account')).status).toBe(401)
  })
})
