import type { SimulatorPerson } from '../simulator/index.js'
import { isOurApple, placeOf, type AppUnderTest } from './app-under-test.js'
import { refusedRequest, type ConsentOptions } from './consent.js'
import type { TestPage } from './page.js'
import { watchPage } from './watch-page.js'

/** How a person signs in in a browser. */
export interface SignInPageOptions extends ConsentOptions {
  /** A page that leads to Apple, whole or as a path. Default: `/login` beside the callback. */
  readonly url?: string
}

/**
 * Opens a page that leads to Apple and clicks through the consent page, as a person does; answers the path of the page
 * that comes then.
 * @throws Error with what the app or Apple answered instead
 */
export function signInPage(
  app: AppUnderTest,
  page: TestPage,
  person: SimulatorPerson,
  { url = app.loginPath, ...consent }: SignInPageOptions,
): Promise<string> {
  const begun = new URL(url, app.redirectUri)
  return watchPage(app, page, async (begin) => {
    begin(begun)
    await page.goto(begun.href)
    return clickThrough(app, page, person, consent)
  })
}

/**
 * Clicks through the consent page that a page shows or is about to show; answers the path of the page that comes then.
 * @throws Error with what the app or Apple answered instead
 */
export function approveInPage(
  app: AppUnderTest,
  page: TestPage,
  person: SimulatorPerson,
  consent: ConsentOptions,
): Promise<string> {
  return watchPage(app, page, () => clickThrough(app, page, person, consent))
}

async function clickThrough(
  app: AppUnderTest,
  page: TestPage,
  person: SimulatorPerson,
  { hideEmail = false, cancel = false }: ConsentOptions,
): Promise<string> {
  await page.waitForURL((url) => isOurApple(app, url))
  const choice = `input[name="person"][value=${JSON.stringify(person.id)}]`
  const radio = page.locator(choice)
  if ((await radio.count()) === 0) throw refusedRequest(app.simulator)
  if (await radio.isDisabled()) {
    const why = (await page.locator(`label:has(${choice}) .what`).innerText()).replace(/^.* · /, '')
    throw new Error(`${person.givenName} ${person.familyName} may not approve: ${why}`)
  }
  await radio.check()
  if (hideEmail) await page.locator('input[name="hide_email"]').check()
  await page.locator(`button[name="decision"][value="${cancel ? 'cancel' : 'continue'}"]`).click()
  // The callback may still show a page that posts itself.
  await page.waitForURL((url) => !isOurApple(app, url) && url.pathname !== app.redirectUri.pathname)
  return placeOf(app, new URL(page.url()))
}
