import { afterAll, beforeAll, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import session from 'express-session'
import request from 'supertest'
import { appleAuth, requireAppleAuth } from 'express-apple-auth'
import { startTestApple, type TestApple } from 'express-apple-auth/testing'

const deleted: (string | undefined)[] = []
let apple: TestApple
let app: Express

beforeAll(async () => {
  apple = await startTestApple({
    service: 'sign-in-with-apple',
    redirectUri: 'http://localhost:3000/auth/apple/callback',
  })
  Object.assign(process.env, apple.environment)
  app = createApp()
})
afterAll(() => apple.close())

it('signs somebody out who takes the consent back', async () => {
  const agent = request.agent(app)
  await apple.signIn(agent, 'home-user')
  await apple.notify({ type: 'consent-revoked', person: 'home-user', to: request(app) })
  await agent.get('/account').expect(401)
})

it('deletes what it keeps of somebody whose account is deleted', async () => {
  const person = apple.person()
  await apple.notify({ type: 'account-deleted', person, to: request(app) })
  expect(deleted).toEqual([person.id])
})

function createApp(): Express {
  const app = express()
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  const apple = appleAuth({
    onNotification({ type, sub }) {
      if (type === 'account-deleted') deleted.push(sub)
    },
  })
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/account', requireAppleAuth(), (req, res) => {
    res.json(req.apple.user)
  })
  return app
}
