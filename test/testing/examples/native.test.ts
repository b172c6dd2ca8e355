import { createHash, randomUUID } from 'node:crypto'
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
    redirectUri: 'http://localhost:3000/auth/apple/callback',
    bundleIds: ['com.example.phone'], // also in APPLE_AUDIENCES of the environment
  })
  Object.assign(process.env, apple.environment)
  app = createApp()
})
afterAll(() => apple.close())

it('signs a phone in', async () => {
  const phone = request.agent(app)
  const nonce = randomUUID()
  const hashed = createHash('sha256').update(nonce).digest('hex')
  // What iOS hands to the app: identityToken, authorizationCode, and user the first time.
  const credential = await apple.nativeToken('home-user', { nonce: hashed })
  await phone
    .post('/auth/apple/native')
    .send({ ...credential, nonce })
    .expect(200)
  expect((await phone.get('/account')).body.unverifiedName).toEqual({ firstName: 'Home', lastName: 'User' })
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
