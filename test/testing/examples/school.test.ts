import { afterAll, beforeAll, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import session from 'express-session'
import request from 'supertest'
import { appleAuth, requireAppleAuth } from 'express-apple-auth'
import { startTestApple, type TestApple } from 'express-apple-auth/testing'

let apple: TestApple
let app: Express

beforeAll(async () => {
  apple = await startTestApple({
    service: 'account-data-sharing',
    redirectUri: 'http://localhost:3000/auth/apple/callback',
  })
  Object.assign(process.env, apple.environment)
  app = createApp()
})
afterAll(() => apple.close())

it('lists the classes of a school', async () => {
  const school = apple.school({ name: 'River School', students: 20, classes: 3 })
  const agent = request.agent(app)
  await apple.connectSchool(agent, school)
  const { body } = await agent.get('/classes').expect(200)
  expect(body).toHaveLength(3)
  expect(body[0].studentIds).toHaveLength(20)
})

it('goes on with a new access token when the old one has ended', async () => {
  const agent = request.agent(app)
  await apple.connectSchool(agent) // the seeded First School
  apple.expireTokens()
  await agent.get('/classes').expect(200)
  const refreshes = apple.simulator.requests.filter(({ grantType }) => grantType === 'refresh_token')
  expect(refreshes).toHaveLength(1)
})

function createApp(): Express {
  const app = express()
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  const apple = appleAuth()
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/classes', requireAppleAuth({ scope: 'edu.classes.read' }), async (req, res) => {
    res.json(await req.apple.roster.classes().toArray())
  })
  return app
}
