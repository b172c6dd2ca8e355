import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { newDataDir } from '../example-app/example.js'
import { SchoolExample } from '../example-app/school-example.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'

describeInChromium('the example app’s popup in Chromium', () => {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let dataDir: string
  let school: SchoolExample
  const trouble: string[] = []

  beforeAll(async () => {
    browser = await launchChromium({ blocksPopups: true })
  })
  beforeEach(async () => {
    dataDir = newDataDir()
    school = await SchoolExample.start({ dataDir })
    context = await browser.newContext()
    context.on('page', watch)
    page = await context.newPage()
    await page.goto(school.url)
  })
  afterEach(async () => {
    await context.close()
    await school.stop()
    rmSync(dataDir, { recursive: true })
    expect(trouble.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
  })

  /** Collects what a page complains of, among others what a content security policy refuses. */
  function watch(opened: Page): void {
    opened.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text())
    })
    opened.on('pageerror', (error) => trouble.push(error.message))
  }

  async function openPopup(): Promise<Page> {
    const [popup] = await Promise.all([page.waitForEvent('popup'), popupButton().click()])
    await popup.getByRole('button', { name: 'Continue', exact: true }).waitFor()
    return popup
  }

  function popupButton() {
    return page.getByRole('button', { name: 'Sign in with a popup' })
  }

  async function finish(popup: Page): Promise<void> {
    await popup.getByRole('radio', { name: 'Class Teacher' }).check()
    await Promise.all([
      popup.waitForEvent('close'),
      popup.getByRole('button', { name: 'Continue', exact: true }).click(),
    ])
    await page.waitForURL(`${school.url}/classes`)
  }

  /** Requests of the app to the token endpoint. */
  function tokenRequests(): number {
    return school.simulator.requests.filter(({ endpoint }) => endpoint === 'token').length
  }

  it('signs in under a Lax cookie of a new session, and the state is used up', async () => {
    const popup = await openPopup()
    const asked = new URL(popup.url()).searchParams
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code id_token',
      response_mode: 'web_message',
      frame_id: expect.stringMatching(/^[\da-f-]{36}$/),
      m: '11',
      v: expect.stringMatching(/^1\.5\./),
    })
    const [before] = await context.cookies(school.url)
    const [callback] = await Promise.all([page.waitForRequest(/\/callback$/), finish(popup)])
    const [after, ...others] = await context.cookies(school.url)
    expect(others).toEqual([])
    expect([before, after]).toMatchObject([
      { sameSite: 'Lax', httpOnly: true },
      { sameSite: 'Lax', httpOnly: true },
    ])
    expect(after?.value).not.toBe(before?.value)
    await page.goto(`${school.url}/account`)
    expect(await page.locator('dl').first().innerText()).toContain('Class Teacher')
    expect(tokenRequests()).toBe(1)

    const state = asked.get('state')
    expect(callback.postDataJSON()).toMatchObject({ authorization: { state } })
    const again = await page.evaluate(
      `fetch('/auth/apple/callback', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({ code: 'another', state: '${String(state)}' }),
      }).then((answer) => answer.json())`,
    )
    expect([again, tokenRequests()]).toEqual([{ returnTo: '/classes' }, 1])
  })

  it('comes back neutrally after Cancel', async () => {
    const popup = await openPopup()
    await Promise.all([popup.waitForEvent('close'), popup.getByRole('button', { name: 'Cancel', exact: true }).click()])
    await page.getByText('You cancelled at Apple. Nothing was shared.').waitFor()
    expect(page.url()).toBe(`${school.url}/?cancelled`)
    expect(tokenRequests()).toBe(0)
    await finish(await openPopup())
  })

  it('says so when the popup was closed, and the next one works', async () => {
    const popup = await openPopup()
    await popup.close()
    await page.getByText('You closed Apple’s window. Nothing was shared.').waitFor()
    await finish(await openPopup())
  })

  it('says so when the browser blocks the popup, and the next one works', async () => {
    // A click of nobody's, which may open no window. What a test evaluates would count as somebody's.
    await page.addInitScript(`
      addEventListener('load', () => document.getElementById('popup')?.click(), { once: true })
      document.addEventListener('AppleIDSignInOnFailure', ({ detail }) => console.log(detail.error))
    `)
    const [told] = await Promise.all([page.waitForEvent('console'), page.reload()])
    expect(told.text()).toBe('popup_blocked_by_browser')
    await page.getByText('Your browser blocked Apple’s window.').waitFor()
    expect(context.pages()).toHaveLength(1)
    await finish(await openPopup())
  })

  it('gives the flow to the second click while a popup is open', async () => {
    const first = await openPopup()
    const [second] = await Promise.all([page.waitForEvent('popup'), first.waitForEvent('close'), popupButton().click()])
    await second.getByRole('button', { name: 'Continue', exact: true }).waitFor()
    expect(await page.locator('#popup-notice').isHidden()).toBe(true)
    await finish(second)
  })

  it('says so when the app refuses the login', async () => {
    const log = jest.spyOn(console, 'error').mockReturnValue()
    school.simulator.fail({ endpoint: 'token', status: 503 })
    const popup = await openPopup()
    await popup.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByText('Signing in with Apple did not work.').waitFor()
    expect(trouble.splice(0)).toEqual([expect.stringContaining('424')])
    expect(log.mock.calls).toEqual([[expect.stringContaining('ERR_APPLE_UNAVAILABLE'), expect.anything()]])
    log.mockRestore()
    school.simulator.behave()
    await finish(await openPopup())
  })

  it('leaves the link alone where no script of Apple’s has loaded', async () => {
    await page.route(/appleid\.auth\.js$/, (route) => route.abort())
    await page.reload()
    expect(await popupButton().isHidden()).toBe(true)
    expect(await page.getByRole('link', { name: 'Sign in with Apple' }).isVisible()).toBe(true)
    expect(trouble.splice(0)).toEqual([expect.stringContaining('ERR_FAILED')])
  })
})
