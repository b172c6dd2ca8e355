import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import session from 'express-session'
import type { Browser } from 'playwright-core'
import { appleAuth, requireAppleAuth } from 'express-apple-auth'
import { startTestApple, type TestApple } from 'express-apple-auth/testing'
import { describeInChromium, launchChromium } from '../../support/chromium.js'

describeInChromium('the app in a browser', () => {
  let browser: Browser
  let server: Server
  let apple: TestApple
  let url: string

  beforeAll(async () => {
    // An address first, then Apple, then the app. On a fixed port the order is that of the other examples.
    server = createServer().listen(0, 'localhost')
    await once(server, 'listening')
    url = `http://localhost:${String((server.address() as AddressInfo).port)}`
    apple = await startTestApple({
      service: 'sign-in-with-apple',
      redirectUri: `${url}/auth/apple/callback`,
      notificationUrl: `${url}/auth/apple/notifications`,
    })
    Object.assign(process.env, apple.environment)
    server.on('request', createApp())
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await apple.close()
    server.close()
  })

  it('opens the account page after a login', async () => {
    const page = await browser.newPage()
    await apple.signInPage(page, 'home-user', { url: `${url}/account` })
    expect(await page.locator('body').innerText()).toBe('home.user@home.example')
  })

  it('follows the app’s own link to Apple', async () => {
    const page = await browser.newPage()
    await page.goto(url)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await apple.approveInPage(page, 'first-student')
    expect(new URL(page.url()).pathname).toBe('/account')
  })

  it('signs somebody out who stops using the app', async () => {
    const page = await browser.newPage()
    await apple.signInPage(page, 'second-user', { url: `${url}/account` })
    await apple.notify({ type: 'consent-revoked', person: 'second-user' })
    await page.reload()
    await page.getByRole('button', { name: 'Continue' }).waitFor() // Apple asks again
  })
})

function createApp(): Express {
  const app = express()
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  const apple = appleAuth()
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/', (_req, res) => {
    res.send('<a href="/auth/apple/login?returnTo=/account">Sign in</a>')
  })
  app.get('/account', requireAppleAuth(), (req, res) => {
    res.type('text').send(req.apple.user?.email ?? 'no address')
  })
  return app
}
