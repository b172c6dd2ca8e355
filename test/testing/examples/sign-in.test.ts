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
    service: 'sign-in-with-apple',
    redirectUri: 'http://localhost:3000/auth/apple/callback', // your own; nobody listens there
  })
  Object.assign(process.env, apple.environment)
  app = createApp() // in your project: ({ app } = await import('./app.js'))
})
afterAll(() => apple.close())

it('shows an account to whoever is signed in', async () => {
  const agent = request.agent(app)
  await apple.signIn(agent, 'home-user')
  const answer = await agent.get('/account').expect(200)
  expect(answer.body.email).toBe('home.user@home.example')
})

it('keeps two people apart', async () => {
  const [robin, student] = [request.agent(app), request.agent(app)]
  await apple.signIn(robin, apple.person({ name: 'Robin Example', email: 'robin@home.example' }))
  await apple.signIn(student, 'first-student')
  expect((await robin.get('/account')).body.email).toBe('robin@home.example')
  expect((await student.get('/account')).body.organizationId).toBeDefined()
})

function createApp(): Express {
  const app = express()
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  const apple = appleAuth()
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/account', requireAppleAuth(), (req, res) => {
    res.json(req.apple.user)
  })
  return app
}
