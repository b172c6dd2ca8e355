import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { agree, BrowserApp } from '../support/browser-app.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'

const services = ['sign-in-with-apple', 'account-data-sharing'] as const
const cookies = ['lax', 'strict', undefined] as const

describeInChromium('a login in Chromium', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
  })

  for (const service of services) {
    for (const sameSite of cookies) {
      for (const javaScriptEnabled of [true, false]) {
        const name = `${service}, SameSite ${sameSite ?? 'unset'}, JavaScript ${javaScriptEnabled ? 'on' : 'off'}`
        it(`works from end to end: ${name}`, async () => {
          const web = await BrowserApp.start(service, sameSite)
          const context = await browser.newContext({ javaScriptEnabled })
          const page = await web.openConsent(context, '/private?week=3')
          await agree(page, javaScriptEnabled)
          await page.waitForURL(`${web.url}/private?week=3`)
          const shown = JSON.parse(await page.locator('body').innerText()) as {
            user?: { sub: string }
            organization?: { name: string }
          }
          if (service === 'sign-in-with-apple') expect(shown.user?.sub).toBe(web.simulator.people[0]?.id)
          else expect(shown.organization?.name).toBe('First School')
          await page.goto(`${web.url}/home`)
          await page.getByRole('button', { name: 'Sign out' }).click()
          await page.waitForURL(`${web.url}/home?signed-out`)
          expect(await page.locator('#who').innerText()).toBe('nobody')
          expect(await context.cookies()).toEqual([])
          expect(web.app.errors).toEqual([])
          await context.close()
          await web.stop()
        })
      }
    }
  }

  it.each(cookies)('works when the consent page was open for more than two minutes (SameSite %s)', async (sameSite) => {
    const web = await BrowserApp.start('sign-in-with-apple', sameSite)
    const context = await browser.newContext()
    const page = await web.openConsent(context)
    // After two minutes Chromium treats a cookie without SameSite as Lax in every way: make it that.
    const aged = (await context.cookies()).map((cookie) => ({
      ...cookie,
      sameSite: sameSite === 'strict' ? ('Strict' as const) : ('Lax' as const),
    }))
    await context.clearCookies()
    await context.addCookies(aged)
    await agree(page, true)
    await page.waitForURL(`${web.url}/private`)
    expect(web.tokenRequests).toBe(1)
    await context.close()
    await web.stop()
  })

  it.each([
    ['in the order begun', [0, 1]],
    ['the other way round', [1, 0]],
  ])('finishes two tabs %s', async (_name, order) => {
    const web = await BrowserApp.start('sign-in-with-apple', 'lax')
    const context = await browser.newContext()
    const tabs = [await web.openConsent(context, '/private?tab=0'), await web.openConsent(context, '/private?tab=1')]
    for (const index of order) {
      const tab = tabs[index]
      if (tab === undefined) throw new Error('no such tab')
      await agree(tab, true)
      await tab.waitForURL(`${web.url}/private?tab=${String(index)}`)
    }
    for (const tab of tabs) {
      await tab.reload()
      expect(await tab.locator('body').innerText()).toContain('"sub"')
    }
    await context.close()
    await web.stop()
  })

  it.each([true, false])('comes back neutrally after Cancel (JavaScript %s)', async (javaScriptEnabled) => {
    const web = await BrowserApp.start('sign-in-with-apple', 'lax')
    const context = await browser.newContext({ javaScriptEnabled })
    const page = await web.openConsent(context)
    await agree(page, javaScriptEnabled, 'Cancel')
    await page.waitForURL(`${web.url}/home?cancelled`)
    expect(await page.locator('#who').innerText()).toBe('nobody')
    expect(web.tokenRequests).toBe(0)
    await context.close()
    await web.stop()
  })

  it('begins at a guarded page and comes back to it', async () => {
    const web = await BrowserApp.start('sign-in-with-apple', 'lax')
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${web.url}/private?deep=link`)
    await agree(page, true)
    await page.waitForURL(`${web.url}/private?deep=link`)
    await context.close()
    await web.stop()
  })

  it('goes on to Apple again, straight after the relay page, where the app’s page leads there', async () => {
    const web = await BrowserApp.start('sign-in-with-apple', 'lax', {
      routes: (routes, auth) => {
        routes.get('/more', auth.requireAuth({ scope: 'openid', stepUp: true }), (_req, res) => void res.send('enough'))
      },
    })
    const context = await browser.newContext()
    const page = await web.openConsent(context, '/more')
    await agree(page, true)
    await page.waitForURL(/127\.0\.0\.1.*openid/)
    await agree(page, true)
    await page.waitForURL(`${web.url}/more`)
    expect(await page.locator('body').innerText()).toBe('enough')
    await context.close()
    await web.stop()
  })
})
