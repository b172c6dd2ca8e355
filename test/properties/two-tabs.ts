import { afterAll, beforeAll, expect } from '@jest/globals'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp, type TestAppSetup } from '../support/test-app.js'
import type { Truth } from './callback-answers.js'
import { callbackPath } from './resolved-answer.js'
import { type WireAnswer, WireBrowser, type WireRequest } from './wire-browser.js'

const formType = 'application/x-www-form-urlencoded'

/** A request to the callback, and whether it signs in; undefined where either is right. */
export interface Attempt {
  readonly wire: WireRequest
  readonly signsIn: boolean | undefined
}

/** A loopback Apple and apps that live as long as the test file: properties are tried often. */
export function useTwoTabs() {
  const apple = new LoopbackApple()
  const apps: TestApp[] = []

  beforeAll(() => apple.listen())
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.stop()))
    await apple.stop()
  })

  async function startApp(setup: TestAppSetup = {}): Promise<TestApp> {
    const app = await TestApp.start(apple.url, setup)
    apps.push(app)
    return app
  }

  /** Opens /login and gives the authorization request that it leads to. */
  async function begin(browser: WireBrowser, returnTo: string): Promise<URL> {
    const query = new URLSearchParams({ returnTo }).toString()
    const { status, headers } = await browser.send({ path: `/auth/apple/login?${query}` })
    expect(status).toBe(302)
    return new URL(headers.location ?? '')
  }

  /** Brings Apple's yes to the callback as a browser would, with a `user` field where one is given. */
  function finish(browser: WireBrowser, authorizeUrl: URL, method = 'POST', user?: string): Promise<WireAnswer> {
    const fields = { state: stateOf(authorizeUrl), code: apple.issueCode(authorizeUrl) }
    const body = new URLSearchParams({ ...fields, ...(user === undefined ? {} : { user }) }).toString()
    const headers = { 'sec-fetch-site': 'same-origin', 'content-type': formType }
    return browser.send(
      method === 'GET' ? { path: `${callbackPath}?${body}` } : { method, path: callbackPath, headers, body },
    )
  }

  /**
   * Sends an attempt from a browser with two tabs at Apple: it signs in the second one exactly when it says so, does no
   * harm, and the first one still works afterwards.
   */
  async function attemptInOneOfTwo(
    app: TestApp,
    method: 'GET' | 'POST',
    build: (truth: Truth) => Attempt,
  ): Promise<void> {
    const browser = new WireBrowser(app.url)
    const firstTab = await begin(browser, '/private?first')
    const secondTab = await begin(browser, '/private?second')
    const stranger = await begin(new WireBrowser(app.url), '/')
    const { wire, signsIn } = build({
      state: stateOf(secondTab),
      code: apple.issueCode(secondTab),
      otherState: stateOf(stranger),
      otherCode: apple.issueCode(stranger),
      issuer: apple.url,
    })
    const answer = await browser.send(wire)
    expectHarmless(answer)
    const home = await browser.send({ path: '/' })
    const { signedIn } = JSON.parse(home.text) as { signedIn: boolean }
    expect(signedIn).toBe(signsIn ?? signedIn)
    if (signedIn) expect([answer.status, answer.headers.location]).toEqual([303, '/private?second'])
    else expect(answer.headers.location ?? '/').toBe('/')
    const other = await finish(browser, firstTab, method)
    expect([other.status, other.headers.location]).toEqual([303, '/private?first'])
  }

  return { apple, startApp, begin, finish, attemptInOneOfTwo }
}

/** What is true of every answer, whatever came: no 5xx, no stack, no markup of the visitor's, nothing secret. */
export function expectHarmless({ status, headers, text }: WireAnswer): void {
  expect(status).toBeLessThan(500)
  expect(text).not.toMatch(/\n\s+at |&nbsp;at /)
  expect(text).not.toMatch(/<script>alert|<img|<\/form>.*<\/form>/s)
  expect(`${JSON.stringify(headers)}${text}`).not.toMatch(/BEGIN|eyJ[\w-]+\.[\w-]+\./)
}

function stateOf(authorizeUrl: URL): string {
  return authorizeUrl.searchParams.get('state') ?? ''
}
