import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { describeInChromium, launchChromium } from '../../support/chromium.js'
import { App, personId } from '../support/app.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

/** Where to put pictures of the page, for somebody to look at; by default nowhere. */
const pictures = process.env.PICTURES_DIR

describeInChromium('homePage in Chromium', () => {
  let browser: Browser
  let simulator: AppleSimulator
  let receiver: NotificationReceiver
  let signIn: App
  let sharing: App
  const trouble: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })
  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
    simulator = createAppleSimulator({ notificationRetryWaitsMs: [2 ** 31 - 1] })
    await simulator.listen()
    const options = { notificationUrl: receiver.url }
    signIn = new App(simulator, 'sign-in-with-apple', { clientId: 'com.example.people', ...options })
    sharing = new App(simulator, 'account-data-sharing', { clientId: 'com.example.schools', ...options })
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    await simulator.close()
    await receiver.close()
    expect(trouble.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
  })

  async function open(): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    // Among others what the content security policy refuses; a page that says why a form did not count is a 400.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 400')) trouble.push(message.text())
    })
    await page.goto(simulator.url)
    return page
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width: 1280, height: 720 })
      await page.screenshot({ path: `${pictures}/${name}-${colorScheme}.png`, fullPage: true })
      await page.setViewportSize({ width: 375, height: 700 })
      await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-phone.png`, fullPage: true })
    }
    await page.setViewportSize({ width: 1280, height: 720 })
  }

  it('ends a consent by its button and shows that the app was told', async () => {
    await signIn.signIn(personId(simulator, 'Home User'))
    await sharing.signIn(personId(simulator, 'School Administrator'))
    const page = await open()
    await picture(page, 'consents')
    const consents = page.getByRole('region', { name: 'Who uses which app' }).getByRole('listitem')
    const row = consents.filter({ hasText: 'First School' })
    await row.getByRole('button', { name: 'Stop using this app' }).click()
    await page.getByRole('cell', { name: 'The app took it' }).waitFor()
    expect(await page.locator('.said').innerText()).toBe(
      'The consent of First School, approved by School Administrator (com.example.schools) ended, and every token that came from it.',
    )
    expect(await consents.allInnerTexts()).toEqual([expect.stringContaining('Home User')])
    expect((await receiver.nth(1)).event).toMatchObject({ type: 'consent-revoked', org_id: expect.any(String) })
  })

  it('sends what the form says, and says what became of it', async () => {
    receiver.replies = [200, 500]
    await signIn.signIn(personId(simulator, 'Class Teacher'))
    const page = await open()
    const send = async (about: string, app: string) => {
      await page.getByLabel('About').selectOption({ label: about })
      await page.getByRole('combobox', { name: 'What happened' }).selectOption('account-deleted')
      await page.getByLabel('App to tell').selectOption(app)
      await page.getByRole('button', { name: 'Tell the app' }).click()
    }
    await send('Class Teacher', 'com.example.people')
    await page.getByRole('cell', { name: 'The app took it' }).waitFor()
    await page.getByText('Nobody uses an app at the moment.').waitFor()
    await send('Second School', 'com.example.schools')
    await page.getByRole('cell', { name: 'The app answered 500; sent once, to be sent again' }).waitFor()
    await picture(page, 'told')
    await send('First School', 'com.example.people')
    const alert = await page.getByRole('alert').innerText()
    expect(alert).toBe('Not sent: com.example.people is told about people, not schools: leave organizationId out.')
    await picture(page, 'not-sent')
    expect(receiver.arrivals.map(({ event }) => event.type)).toEqual(['account-deleted', 'account-deleted'])
  })
})
