import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { TestApp } from '../support/test-app.js'
import { anyPath, plainPath } from './return-paths.js'
import { runs } from './runs.js'
import { expectHarmless, useTwoTabs } from './two-tabs.js'
import { WireBrowser } from './wire-browser.js'

const { apple, startApp, begin, finish } = useTwoTabs()

/** Starts an app whose every other page answers 418, so that the router's own answers can be told from it. */
function startTeapot(): Promise<TestApp> {
  return startApp({
    routes: (app) =>
      app.use((_req, res) => {
        res.status(418).end()
      }),
  })
}

/** Signs in and gives where the browser is sent. */
async function landing(browser: WireBrowser, authorizeUrl: URL): Promise<string> {
  const answer = await finish(browser, authorizeUrl)
  expectHarmless(answer)
  expect(answer.status).toBe(303)
  return answer.headers.location ?? 'nowhere'
}

/** Follows a Location as a browser does: it stays on the app's origin and does not end in the router. */
async function expectPageOfTheApp(browser: WireBrowser, location: string): Promise<void> {
  const url = new URL(location, browser.url)
  expect(url.origin).toBe(browser.url)
  const { status } = await browser.send({ path: `${url.pathname}${url.search}` })
  expect([200, 418]).toContain(status)
}

describe('GET /login with any returnTo', () => {
  it('leads to a page of the app in the end, and never to a route of the router', async () => {
    const app = await startTeapot()
    const property = fc.asyncProperty(anyPath, async (returnTo) => {
      const browser = new WireBrowser(app.url)
      await expectPageOfTheApp(browser, await landing(browser, await begin(browser, returnTo)))
    })
    await fc.assert(property, runs(200))
  })

  it('leads to a plain path unchanged', async () => {
    const app = await startTeapot()
    const property = fc.asyncProperty(plainPath, async (returnTo) => {
      const browser = new WireBrowser(app.url)
      expect(await landing(browser, await begin(browser, returnTo))).toBe(returnTo)
    })
    await fc.assert(property, runs(50))
  })

  it('takes it from the query in any encoding, and any number of them, without losing its way', async () => {
    const app = await startTeapot()
    const name = fc.constantFrom(
      'returnTo',
      'returnTo',
      'returnTo[]',
      'returnTo[x]',
      'return%54o',
      'apple_host',
      'state',
    )
    const encode = fc.constantFrom<(text: string) => string>(
      encodeURIComponent,
      (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
      (text) => text.replace(/[^\x21-\x7e]/gu, encodeURIComponent),
    )
    const query = fc
      .array(fc.tuple(name, anyPath, encode), { maxLength: 3 })
      .map((pairs) => pairs.map(([key, path, encoded]) => `${key}=${encoded(path)}`).join('&'))
      .filter((text) => text.length < 15_000)
    const property = fc.asyncProperty(query, async (text) => {
      const browser = new WireBrowser(app.url)
      const { status, headers } = await browser.send({ path: `/auth/apple/login?${text}` })
      expect(status).toBe(302)
      await expectPageOfTheApp(browser, await landing(browser, new URL(headers.location ?? '')))
    })
    await fc.assert(property, runs(60))
  })

  it('leads to Apple or to the redirect URI’s host, whatever host the request names', async () => {
    const app = await startTeapot()
    // What Node lets into a header.
    const character = fc.constantFrom(...latin(0x20, 0x7e), ...latin(0x80, 0xff))
    const host = fc.oneof(
      fc.constantFrom('evil.example', 'LOCALHOST', 'localhost.', 'localhost:1', '[::1]', 'localhost@evil.example', ''),
      fc.string({ unit: character, maxLength: 20 }),
    )
    const property = fc.asyncProperty(host, anyPath, async (named, returnTo) => {
      const query = new URLSearchParams({ returnTo }).toString()
      const answer = await new WireBrowser(app.url).send({
        path: `/auth/apple/login?${query}`,
        headers: { host: named },
      })
      expectHarmless(answer)
      const { location } = answer.headers
      if (answer.status !== 302) expect([answer.status, location]).toEqual([expect.any(Number), undefined])
      else expect([apple.url, app.url]).toContain(new URL(location ?? '').origin)
    })
    await fc.assert(property, runs(80))
  })
})

describe('requireAppleAuth before any address', () => {
  // More does not get past Node’s parser.
  const character = fc.constantFrom(...latin(0x21, 0x7e))
  const address = fc
    .oneof(
      anyPath,
      fc.string({ unit: character }).map((path) => `/${path}`),
      anyPath.map((path) => `http://evil.example/${path}`),
    )
    .map((path) => path.replace(/[^\x21-\x7e]/gu, encodeURIComponent))
    // To express-session anything else, such as *, is no address of this app.
    .filter((path) => /^(\/|http:)/.test(path) && path.length < 15_000)

  async function startGuarded(): Promise<TestApp> {
    return startApp({
      routes: (app, auth) =>
        app.use(auth.requireAuth(), (_req, res) => {
          res.status(418).end()
        }),
    })
  }

  it('comes back to a page of the app', async () => {
    const app = await startGuarded()
    const property = fc.asyncProperty(address, async (path) => {
      const browser = new WireBrowser(app.url)
      const answer = await browser.send({ path, headers: { accept: 'text/html' } })
      expectHarmless(answer)
      if (!(answer.headers.location ?? '').startsWith(`${apple.url}/`)) return
      await expectPageOfTheApp(browser, await landing(browser, new URL(answer.headers.location ?? '')))
    })
    await fc.assert(property, runs(80))
  })

  it('comes back to a plain path as it was', async () => {
    const app = await startGuarded()
    const property = fc.asyncProperty(plainPath, async (path) => {
      const [asked = ''] = path.split('#')
      // Everybody may see the home page.
      fc.pre(new URL(asked, app.url).pathname !== '/')
      const browser = new WireBrowser(app.url)
      const { headers } = await browser.send({ path: asked, headers: { accept: 'text/html' } })
      expect(await landing(browser, new URL(headers.location ?? ''))).toBe(asked)
    })
    await fc.assert(property, runs(40))
  })
})

function latin(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index))
}
