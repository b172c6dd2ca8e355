import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { agree, BrowserApp, pressThrough } from '../support/browser-app.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'

describeInChromium('Reload, Back and the like in Chromium', () => {
  let browser: Browser
  let context: BrowserContext
  let web: BrowserApp
  let slowLogin = 0

  beforeAll(async () => {
    browser = await launchChromium()
  })
  beforeEach(async () => {
    slowLogin = 0
    web = await BrowserApp.start('sign-in-with-apple', 'lax', {
      options: {
        onLogin: () => new Promise((resolve) => setTimeout(resolve, slowLogin)),
      },
    })
    context = await browser.newContext()
  })
  afterEach(async () => {
    await context.close()
    await web.stop()
  })
  afterAll(async () => {
    await browser.close()
  })

  async function expectSignedInAt(page: Page): Promise<void> {
    await page.waitForURL(`${web.url}/private`)
    expect(await page.locator('body').innerText()).toContain('"sub"')
  }

  it('Reload on the consent page loses nothing', async () => {
    const page = await web.openConsent(context)
    await page.reload()
    await agree(page, true)
    await expectSignedInAt(page)
  })

  it('Reload on the page after the login sends nothing again', async () => {
    const page = await web.openConsent(context)
    await agree(page, true)
    await expectSignedInAt(page)
    await page.reload()
    await expectSignedInAt(page)
    expect(web.tokenRequests).toBe(1)
  })

  it('Back from the page after the login, and on again, stays signed in', async () => {
    const page = await web.openConsent(context)
    await agree(page, true)
    await expectSignedInAt(page)
    await page.goBack()
    expect(page.url()).not.toContain('/callback')
    await page.goForward()
    await expectSignedInAt(page)
    expect(web.tokenRequests).toBe(1)
  })

  it('Back to the consent page and Continue again leads to the same page, without a second token request', async () => {
    const page = await web.openConsent(context)
    const consent = page.url()
    await agree(page, true)
    await expectSignedInAt(page)
    await page.goto(consent)
    await agree(page, true)
    await expectSignedInAt(page)
    expect(web.tokenRequests).toBe(1)
  })

  it('Back from the consent page leads home, and a new login works', async () => {
    const page = await web.openConsent(context)
    await page.goBack()
    await page.waitForURL(/\/home/)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await agree(page, true)
    await expectSignedInAt(page)
  })

  it('Back after Cancel and Continue then is refused in plain words, and a new login works', async () => {
    const page = await web.openConsent(context)
    const consent = page.url()
    await agree(page, true, 'Cancel')
    await page.waitForURL(/cancelled/)
    await page.goto(consent)
    await agree(page, true)
    await page.getByText('Please start again').waitFor()
    await page.goto(`${web.url}/home`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await agree(page, true)
    await expectSignedInAt(page)
  })

  it('Back after the sign-out shows no private page', async () => {
    const page = await web.openConsent(context)
    await agree(page, true)
    await expectSignedInAt(page)
    await page.goto(`${web.url}/home`)
    await page.getByRole('link', { name: 'Sign out by link' }).click()
    await page.waitForURL(/signed-out/)
    await page.goBack()
    await page.goBack()
    expect(await page.locator('body').innerText()).not.toContain('"sub"')
    await page.goto(`${web.url}/home`)
    expect(await page.locator('#who').innerText()).toBe('nobody')
  })

  it('Reload while the login is being finished still ends signed in, with one token request', async () => {
    slowLogin = 1500
    const page = await web.openConsent(context)
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await untilTokenRequest(1)
    // The first answer, and the new session's cookie in it, never reaches the page.
    await page.evaluate('location.reload()').catch(() => undefined)
    await expectSignedInAt(page)
    await page.reload()
    await expectSignedInAt(page)
    expect(web.tokenRequests).toBe(1)
  })

  it('a double click on the relay’s button still ends signed in, with one token request', async () => {
    slowLogin = 500
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const page = await web.openConsent(plain)
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('button', { name: 'Continue to the app' }).click()
    const button = await page.getByRole('button', { name: 'Continue', exact: true }).boundingBox()
    if (button === null) throw new Error('the relay page shows no button')
    await page.mouse.dblclick(button.x + 5, button.y + 5, { delay: 100 })
    // The second click aborts the first navigation, which the wait for it reports.
    await page.waitForURL(`${web.url}/private`).catch(() => undefined)
    await expectSignedInAt(page)
    await page.reload()
    await expectSignedInAt(page)
    expect(web.tokenRequests).toBe(1)
    await plain.close()
  })

  it('without JavaScript, Reload works on every page in between', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const page = await web.openConsent(plain)
    await page.reload()
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('button', { name: 'Continue to the app' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Continue to the app' }).click()
    await page.getByRole('button', { name: 'Continue', exact: true }).waitFor()
    expect(await page.title()).toBe('Signing in')
    await page.reload()
    await pressThrough(page)
    await expectSignedInAt(page)
    await plain.close()
  })

  async function untilTokenRequest(count: number): Promise<void> {
    for (let waited = 0; waited < 400 && web.tokenRequests < count; waited += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    expect(web.tokenRequests).toBe(count)
  }
})
