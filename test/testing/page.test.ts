import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import express, { type Express } from 'express'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { startTestApple, type TestApple, type TestAppleOptions } from 'express-apple-auth/testing'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { createApp, type Setup } from './app.js'

describeInChromium('signInPage', () => {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let server: Server
  let url: string
  let apple: TestApple

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    context = await browser.newContext()
    page = await context.newPage()
    server = createServer()
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    url = `http://localhost:${String((server.address() as AddressInfo).port)}`
  })
  afterEach(async () => {
    await context.close()
    await apple.close()
    server.closeAllConnections()
    server.close()
  })

  async function start(options: Partial<TestAppleOptions> = {}, setup: Setup = {}): Promise<void> {
    apple = await startTestApple({
      service: 'sign-in-with-apple',
      redirectUri: `${url}/auth/apple/callback`,
      ...options,
    })
    server.on('request', createApp(apple, setup))
  }

  async function startOther(app: Express): Promise<void> {
    apple = await startTestApple({ service: 'sign-in-with-apple', redirectUri: `${url}/auth/apple/callback` })
    server.on('request', app)
  }

  it('signs in from a page that asks for it, with a hidden address', async () => {
    await start({}, { cookie: { sameSite: 'lax' } })
    expect(await apple.signInPage(page, 'home-user', { url: '/account?tab=2', hideEmail: true })).toBe('/account?tab=2')
    expect(await page.locator('body').innerText()).toContain('@privaterelay.appleid.com')
  })

  it('connects a school by its administrator, through the login route', async () => {
    await start({ service: 'account-data-sharing' }, { options: { postLoginRedirect: '/account' } })
    const { administrator, name } = apple.school()
    expect(await apple.signInPage(page, administrator)).toBe('/account')
    expect(await page.locator('body').innerText()).toContain(name)
  })

  it('presses Cancel', async () => {
    await start({}, { options: { cancelRedirect: '/?cancelled' } })
    expect(await apple.signInPage(page, 'home-user', { cancel: true })).toBe('/?cancelled')
  })

  it('says that a person may not approve', async () => {
    await start({ service: 'account-data-sharing' })
    await expect(apple.signInPage(page, 'first-student')).rejects.toThrow(
      'First Student may not approve: Only an administrator or a site manager approves for a school.',
    )
  })

  it('says that Apple refused the request', async () => {
    await start({}, { options: { clientId: 'com.example.other' } })
    await expect(apple.signInPage(page, 'home-user')).rejects.toThrow(
      'Apple refused the authorization request: invalid_client. The client_id is not registered with this simulator.',
    )
  })

  it('says what the callback answered', async () => {
    const onLogin = () => {
      throw new Error('not today')
    }
    await start({}, { options: { onLogin } })
    await expect(apple.signInPage(page, 'home-user')).rejects.toThrow(/^\/auth\/apple\/callback answered 403: /)
  })

  it('says what the first page answered', async () => {
    await startOther(express())
    await expect(apple.signInPage(page, 'home-user')).rejects.toThrow(
      '/auth/apple/login answered 404: Cannot GET /auth/apple/login',
    )
  })

  it('says that the app talks to another Apple', async () => {
    const app = express()
    app.use((_req, res) => {
      res.redirect('http://127.0.0.1:9/auth/authorize')
    })
    await startOther(app)
    await expect(apple.signInPage(page, 'home-user')).rejects.toThrow(
      'The app sends people to http://127.0.0.1:9, not to this simulator',
    )
  })
})
