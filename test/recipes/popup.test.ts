import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { recipeBlocks } from './load-recipe.js'
import { RecipeApp } from './recipe-app.js'

const heading = 'Sign in with a popup'

describeInChromium('the README’s recipe for a popup, in Chromium', () => {
  let app: RecipeApp
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const trouble: string[] = []

  beforeAll(async () => {
    app = await RecipeApp.start(heading)
    browser = await launchChromium()
  })
  beforeEach(async () => {
    context = await browser.newContext()
    page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text())
    })
    page.on('pageerror', (error) => trouble.push(error.message))
    const [body = ''] = recipeBlocks(heading, 'js')
    await page.route('**/popup.js', (route) => route.fulfill({ contentType: 'text/javascript', body }))
    await page.goto(`${app.url}/sign-in`)
  })
  afterEach(async () => {
    await context.close()
    expect(trouble.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    await app.stop()
  })

  async function openPopup(): Promise<Page> {
    const button = page.getByRole('button', { name: 'Sign in with Apple' })
    const [popup] = await Promise.all([page.waitForEvent('popup'), button.click()])
    await popup.getByRole('button', { name: 'Continue', exact: true }).waitFor()
    return popup
  }

  async function finish(popup: Page): Promise<void> {
    await popup.getByRole('radio', { name: 'Home User' }).check()
    await popup.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.waitForURL(`${app.url}/account`)
  }

  it('signs in, and the name is there the first time', async () => {
    await finish(await openPopup())
    const name = { firstName: 'Home', lastName: 'User' }
    const account = { sub: app.simulator.subject(app.personId('Home User')), name }
    expect(JSON.parse(await page.locator('body').innerText())).toEqual(account)
  })

  it.each([
    ['cancelled', (popup: Page) => popup.getByRole('button', { name: 'Cancel', exact: true }).click()],
    ['closed', (popup: Page) => popup.close()],
  ])('says so when the popup was %s, and works after that', async (_what, leave) => {
    await leave(await openPopup())
    await page.getByText('You are not signed in.').waitFor()
    await finish(await openPopup())
  })

  it('goes on with the second click', async () => {
    const first = await openPopup()
    const [second] = await Promise.all([openPopup(), first.waitForEvent('close')])
    await finish(second)
  })
})
