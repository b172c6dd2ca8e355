import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { AppleAuth } from '../../src/index.js'
import { RecipeApp } from './recipe-app.js'

const bundleId = 'com.example.app'
let app: RecipeApp
let accounts: Map<string, { name?: string }>

beforeAll(async () => {
  app = await RecipeApp.start('Delete an account', { bundleIds: [bundleId] })
  accounts = app.recipe.accounts as typeof accounts
})
afterAll(async () => {
  await (app.recipe.apple as AppleAuth).close()
  await app.stop()
})

async function signIn(name = 'Home User'): Promise<ReturnType<RecipeApp['visitor']>> {
  const phone = app.visitor()
  const login = await app.simulator.signInOnDevice({ clientId: bundleId, personId: app.personId(name) })
  expect((await phone.post('/auth/apple/native').send(login)).status).toBe(200)
  return phone
}

describe('the README’s recipe for the deletion of an account', () => {
  it('deletes the data, ends all logins and has Apple forget the consent, so that the next one is a first one', async () => {
    const sub = app.simulator.subject(app.personId('Home User'))
    const [here, elsewhere] = [await signIn(), await signIn()]
    expect(accounts.get(sub)?.name).toBeTruthy()
    const answer = await here.post('/account/delete')
    expect([answer.status, answer.headers.location]).toEqual([303, '/'])
    expect(accounts.has(sub)).toBe(false)
    expect((await elsewhere.post('/account/delete').set('Accept', 'application/json')).status).toBe(401)
    expect(app.simulator.requests.filter(({ endpoint }) => endpoint === 'revoke')).not.toHaveLength(0)
    const again = await app.simulator.signInOnDevice({ clientId: bundleId, personId: app.personId('Home User') })
    expect(again.user).toBeDefined()
  })

  it('wants a login of the last ten minutes', async () => {
    expect((await app.visitor().post('/account/delete').set('Accept', 'application/json')).status).toBe(401)
  })

  it('deletes the data of a person who deletes the account at Apple', async () => {
    const sub = app.simulator.subject(app.personId('Class Teacher'))
    const phone = await signIn('Class Teacher')
    expect(accounts.has(sub)).toBe(true)
    await app.simulator.notify({ type: 'account-deleted', personId: app.personId('Class Teacher') })
    expect(accounts.has(sub)).toBe(false)
    expect((await phone.post('/account/delete').set('Accept', 'application/json')).status).toBe(401)
  })
})
