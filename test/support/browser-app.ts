import type { Express } from 'express'
import type { CookieOptions } from 'express-session'
import helmet from 'helmet'
import type { BrowserContext, Page } from 'playwright-core'
import { createAppleSimulator, type AppleSimulator, type SimulatorService } from '../../src/simulator/index.js'
import { TestApp, type TestAppSetup } from './test-app.js'

/** An app under helmet's defaults on localhost and the simulator on 127.0.0.1: two sites to a browser, as in real life. */
export class BrowserApp {
  private constructor(
    readonly app: TestApp,
    readonly simulator: AppleSimulator,
  ) {}

  static async start(
    service: SimulatorService,
    sameSite?: CookieOptions['sameSite'],
    setup: TestAppSetup = {},
  ): Promise<BrowserApp> {
    const simulator = createAppleSimulator()
    const simulatorUrl = await simulator.listen()
    const app = await TestApp.start(simulatorUrl, {
      ...setup,
      options: { service, cancelRedirect: '/home?cancelled', postLogoutRedirect: '/home?signed-out', ...setup.options },
      session: { cookie: { httpOnly: true, ...(sameSite === undefined ? {} : { sameSite }) } },
      first: (first) => first.use(helmet()),
      routes: (routes, auth) => {
        addPages(routes)
        setup.routes?.(routes, auth)
      },
      register: (url) =>
        simulator.createClient({ service, redirectUris: [`${url}/auth/apple/callback`], clientId: 'com.example.web' }),
    })
    return new BrowserApp(app, simulator)
  }

  get url(): string {
    return this.app.url
  }

  /** Token requests so far. */
  get tokenRequests(): number {
    return this.simulator.requests.filter(({ endpoint }) => endpoint === 'token').length
  }

  async stop(): Promise<void> {
    await this.app.stop()
    await this.simulator.close()
  }

  /** Opens the app's home page and clicks through to the consent page. */
  async openConsent(context: BrowserContext, returnTo = '/private'): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`${this.url}/home?to=${encodeURIComponent(returnTo)}`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Continue', exact: true }).waitFor()
    return page
  }
}

/** Says yes on the consent page; without JavaScript also presses the buttons of the pages in between. */
export async function agree(
  page: Page,
  javaScript: boolean,
  decision: 'Continue' | 'Cancel' = 'Continue',
): Promise<void> {
  await page.getByRole('button', { name: decision, exact: true }).click()
  if (javaScript) return
  await pressThrough(page)
}

/** Presses the noscript buttons until a page without one comes. */
export async function pressThrough(page: Page): Promise<void> {
  for (const name of ['Continue to the app', 'Continue']) {
    const button = page.getByRole('button', { name, exact: true })
    if (await button.isVisible()) await button.click()
  }
}

function addPages(app: Express): void {
  app.get('/home', (req, res) => {
    const returnTo = encodeURIComponent(typeof req.query.to === 'string' ? req.query.to : '/private')
    res.send(`<!doctype html><title>Home</title><h1>Home</h1>
      <p id="who">${req.apple.isAuthenticated ? 'signed in' : 'nobody'}</p>
      <a href="/auth/apple/login?returnTo=${returnTo}">Sign in</a>
      <a href="/auth/apple/logout">Sign out by link</a>
      <form method="post" action="/auth/apple/logout"><button>Sign out</button></form>`)
  })
}
