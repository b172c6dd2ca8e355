import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createAppleSimulator, type AppleSimulator } from '../../src/simulator/index.js'
import { agree } from '../support/browser-app.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { TestApp } from '../support/test-app.js'

/** Where to put pictures of the page, for somebody to look at; by default nowhere. */
const pictures = process.env.PICTURES_DIR

describeInChromium('the simulator’s window in Chromium', () => {
  let browser: Browser
  let context: BrowserContext
  let simulator: AppleSimulator
  let app: TestApp
  const trouble: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })
  beforeEach(async () => {
    simulator = createAppleSimulator({ notificationRetryWaitsMs: [] })
    app = await startApp()
    context = await browser.newContext()
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((other) => other.close()))
    await app.stop()
    await simulator.close()
    expect(trouble.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
  })

  async function startApp(): Promise<TestApp> {
    return TestApp.start(await simulator.listen(), {
      register: (url) =>
        simulator.createClient({
          service: 'sign-in-with-apple',
          clientId: 'com.example.web',
          redirectUris: [`${url}/auth/apple/callback`],
          notificationUrl: `${url}/auth/apple/notifications`,
        }),
    })
  }

  async function open(where: BrowserContext = context): Promise<Page> {
    const page = await where.newPage()
    // Among others what the content security policy refuses.
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text())
    })
    page.on('pageerror', (error) => trouble.push(error.message))
    await page.goto(simulator.url)
    return page
  }

  /** Signs somebody in to the app, in a tab of their own. */
  async function signIn(name: string, javaScriptEnabled = true): Promise<{ page: Page; user: { email: string } }> {
    const page = await (await browser.newContext({ javaScriptEnabled })).newPage()
    await page.goto(`${app.url}/private`)
    await page.getByRole('radio', { name }).check()
    await agree(page, javaScriptEnabled)
    await page.waitForURL(`${app.url}/private`)
    const { user } = JSON.parse(await page.locator('body').innerText()) as { user: { email: string } }
    return { page, user }
  }

  async function titles(page: Page, login = 'Login 1'): Promise<string[]> {
    return page.getByRole('region', { name: login }).locator('.story strong').allInnerTexts()
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const width of [1280, 400]) {
        await page.setViewportSize({ width, height: 800 })
        await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-${String(width)}.png`, fullPage: true })
      }
    }
    await page.setViewportSize({ width: 1280, height: 720 })
  }

  it('tells a newcomer what to do, then shows a login of another tab as it happens', async () => {
    const page = await open()
    await page.getByText('Nothing happened yet.').waitFor()
    await page.getByText('Live: new exchanges appear by themselves.').waitFor()
    await picture(page, 'empty')
    const loaded = await page.evaluate(() => performance.timeOrigin)
    await signIn('Home User')
    await page.getByRole('listitem').filter({ hasText: 'Keys' }).waitFor()
    expect(await titles(page)).toEqual(['Authorize', 'Consent', 'Callback', 'Token', 'Keys'])
    expect(await page.getByText('Nothing happened yet.').isVisible()).toBe(false)
    expect(await page.getByRole('heading', { name: 'Login 1' }).innerText()).toContain('Home User · com.example.web')
    expect(await page.locator('#news').innerText()).toBe('Keys, answered 200')
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded)
    await picture(page, 'login')
  })

  it('opens a row to its parameters, each explained, and keeps it open when more happens', async () => {
    const page = await open()
    await signIn('Home User')
    const row = page.getByRole('listitem').filter({ hasText: 'POST /auth/token' })
    await row.locator('summary').focus()
    await page.keyboard.press('Enter')
    const cells = async (name: string) =>
      row
        .getByRole('row')
        .filter({ has: page.getByText(name, { exact: true }) })
        .first()
        .innerText()
    expect(await cells('grant_type')).toContain('authorization_code')
    expect(await cells('code')).toMatch(/#[0-9a-f]{6}.*Stands for the consent/s)
    expect(await cells('client_secret')).toContain('signature hidden')
    expect(await row.getByText('home.user@home.example').isVisible()).toBe(true)
    await picture(page, 'token-open')
    await signIn('Second User')
    await page
      .getByRole('region', { name: 'Login 2' })
      .getByRole('listitem')
      .filter({ hasText: 'POST /auth/token' })
      .waitFor()
    expect(await row.getByRole('table').first().isVisible()).toBe(true)
    await page.reload()
    expect(await titles(page, 'Login 2')).toEqual(expect.arrayContaining(['Authorize', 'Consent', 'Callback', 'Token']))
    await picture(page, 'two-logins')
  })

  it('shows the keys that a button changed, fetched anew at the next login', async () => {
    const page = await open()
    await signIn('Home User')
    const kids = async () => {
      const { keys } = (await (await fetch(`${simulator.url}/auth/keys`)).json()) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid).sort()
    }
    const before = await kids()
    await page.getByRole('button', { name: 'Rotate keys' }).click()
    await page.locator('.said', { hasText: 'Signing keys rotated' }).waitFor()
    expect((await kids()).filter((kid) => !before.includes(kid))).toHaveLength(1)
    expect(await page.locator('.band').innerText()).toContain('Signing keys rotated')
    await picture(page, 'rotated')
  })

  it('lets the token endpoint fail once, and shows the login that fails and the one that works again', async () => {
    const page = await open()
    const form = page.locator('form', { has: page.getByRole('button', { name: 'Let it fail' }) })
    await form.getByLabel('Endpoint').selectOption('token')
    await form.getByLabel('The next time it').selectOption('500')
    await page.getByRole('button', { name: 'Let it fail' }).click()
    await page.locator('.said', { hasText: 'A failure waits: token: answers 500, once.' }).waitFor()
    await picture(page, 'failure-waits')
    const visitor = await (await browser.newContext()).newPage()
    await visitor.goto(`${app.url}/private`)
    await agree(visitor, true)
    const failed = page.getByRole('listitem').filter({ hasText: 'fail() asked for 500' })
    await failed.waitFor()
    expect(await failed.locator('.status').innerText()).toBe('500')
    await signIn('Home User')
    await page
      .getByRole('region', { name: 'Login 2' })
      .getByRole('listitem')
      .filter({ hasText: 'POST /auth/token' })
      .waitFor()
    await picture(page, 'failed')
    await page.getByText('No failure waits.').waitFor()
  })

  it('changes a person, and the next login shows it', async () => {
    const page = await open()
    expect((await signIn('Home User')).user.email).toBe('home.user@home.example')
    await page.locator('.person summary', { hasText: 'Home User' }).click()
    await page.getByLabel('E-mail', { exact: true }).filter({ visible: true }).fill('moved@home.example')
    await picture(page, 'person')
    await page.getByRole('button', { name: 'Save Home User' }).click()
    await page.locator('.said', { hasText: 'Home User was changed' }).waitFor()
    expect((await signIn('Home User')).user.email).toBe('moved@home.example')
  })

  it('shows what Apple tells the app, and what the app answers', async () => {
    const page = await open()
    await signIn('Home User')
    // The list of consents follows by itself, too.
    await page.getByRole('button', { name: 'Stop using this app' }).click()
    const told = page.getByRole('region', { name: 'Login 1' }).getByRole('listitem').filter({ hasText: 'Notification' })
    await told.waitFor()
    expect(await told.locator('.status').innerText()).toBe('200')
    await told.locator('summary').click()
    await told.getByText('consent-revoked').first().waitFor()
    await picture(page, 'notification')
  })

  it('catches up after the simulator was away, and begins anew with another one', async () => {
    const page = await open()
    await page.getByText('Live: new exchanges appear by themselves.').waitFor()
    const port = Number(new URL(simulator.url).port)
    await simulator.close()
    await page.getByText('The simulator does not answer; trying again.').waitFor()
    trouble.splice(0)
    await simulator.listen({ port })
    await fetch(`${simulator.url}/auth/keys`)
    await page.getByRole('listitem').filter({ hasText: 'Keys' }).waitFor()
    await simulator.close()
    const other = createAppleSimulator()
    await other.listen({ port })
    await page.getByText('Nothing happened yet.').waitFor()
    trouble.splice(0)
    await other.close()
    trouble.splice(0)
  })

  it('works without JavaScript: a plain list, and a link that reloads it', async () => {
    const page = await open(await browser.newContext({ javaScriptEnabled: false }))
    await page.getByText('Reload to see what is new.').waitFor()
    await signIn('Home User', false)
    expect(await titles(page)).toEqual([])
    await page.getByRole('link', { name: 'Reload' }).click()
    expect(await titles(page)).toEqual(['Authorize', 'Consent', 'Callback', 'Token', 'Keys'])
    await page.getByRole('listitem').filter({ hasText: 'Authorize' }).locator('summary').click()
    await page.getByRole('listitem').filter({ hasText: 'Authorize' }).getByText('Where the browser is to').waitFor()
    await page.getByRole('button', { name: 'Expire access tokens' }).click()
    await page.locator('.said', { hasText: 'Access tokens expired' }).waitFor()
  })

  it('fits a window of 360 pixels', async () => {
    await signIn('Home User')
    const page = await open()
    await page.setViewportSize({ width: 360, height: 700 })
    for (const summary of await page.locator('summary').all()) await summary.click()
    const wider = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate<number>(wider)).toBeLessThanOrEqual(0)
  })
})
