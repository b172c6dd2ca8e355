import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import express from 'express'
import helmet from 'helmet'
import type { Browser, Page } from 'playwright-core'
import { appleButton, type AppleButton, type AppleButtonOptions } from 'express-apple-auth'
import { createAppleSimulator, type AppleSimulator } from 'express-apple-auth/simulator'
import { buttonLocales as locales } from '../support/button-locales.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'

/** What a page's browser knows of one image; sizes in CSS pixels. */
interface Shown {
  readonly alt: string
  readonly complete: boolean
  readonly naturalWidth: number
  readonly naturalHeight: number
  readonly width: number
  readonly height: number
}

describeInChromium('Apple’s buttons in Chromium', () => {
  let browser: Browser
  let simulator: AppleSimulator
  let site: Server
  /** What the site's page shows, and whether its policy lets the images in. */
  let shown: readonly AppleButton[] = []
  let isAllowed = true

  beforeAll(async () => {
    simulator = createAppleSimulator()
    const app = express()
    app.use((req, res, next) => {
      const directives = isAllowed ? shown[0]?.contentSecurityPolicy : undefined
      helmet({ contentSecurityPolicy: directives === undefined ? {} : { directives } })(req, res, next)
    })
    app.get('/login', (_req, res) => void res.send('Here you sign in.'))
    app.get('/', (_req, res) => {
      res.send(`<!doctype html><html lang="en"><title>Buttons</title>${shown.map(({ html }) => html).join('\n')}`)
    })
    site = createServer(app)
    await Promise.all([
      simulator.listen(),
      new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve)),
      launchChromium().then((launched) => {
        browser = launched
      }),
    ])
  })
  afterAll(async () => {
    await Promise.all([browser.close(), simulator.close()])
    site.closeAllConnections()
    await new Promise((resolve) => site.close(resolve))
  })

  function button(options: AppleButtonOptions): AppleButton {
    return appleButton({ imageBaseUrl: simulator.url, href: '/login', ...options })
  }

  async function open(buttons: readonly AppleButton[], deviceScaleFactor = 1): Promise<Page> {
    shown = buttons
    const context = await browser.newContext({ deviceScaleFactor })
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${String((site.address() as AddressInfo).port)}/`)
    return page
  }

  function imagesOn(page: Page): Promise<Shown[]> {
    return page.locator('img').evaluateAll((images) =>
      images.map((image) => {
        const { alt, complete, naturalWidth, naturalHeight, width, height } = image as unknown as Shown
        return { alt, complete, naturalWidth, naturalHeight, width, height }
      }),
    )
  }

  it('are valid images of the right size in all 37 languages, both titles and all three layouts', async () => {
    const wanted = locales.flatMap((locale) => [
      ...(['sign-in', 'continue'] as const).flatMap((type) => [
        { options: { locale, type, width: 200, height: 44 }, width: 200, height: 44 },
        { options: { locale, type, layout: 'left' as const, scale: 2, labelPosition: 40 }, width: 280, height: 60 },
      ]),
      { options: { layout: 'logo' as const, altLocale: locale, size: 31, scale: 3 }, width: 93, height: 93 },
    ])
    expect(wanted).toHaveLength(37 * 5)
    const page = await open(wanted.map(({ options }) => button(options)))
    const images = await imagesOn(page)
    expect(images.map(({ complete, naturalWidth, naturalHeight }) => [complete, naturalWidth, naturalHeight])).toEqual(
      wanted.map(({ width, height }) => [true, width, height]),
    )
    await page.context().close()
  })

  it('are links that screen readers call by the title in its language', async () => {
    const page = await open(locales.map((locale) => button({ locale })))
    for (const { alt } of await imagesOn(page)) {
      expect(await page.getByRole('link', { name: alt, exact: true }).count()).toBeGreaterThan(0)
    }
    expect(await page.getByRole('link', { name: 'Appleでサインイン', exact: true }).count()).toBe(1)
    expect(await page.getByRole('link', { name: 'Sign in with Apple', exact: true }).count()).toBe(2)
    await page.getByRole('link', { name: 'Mit Apple anmelden' }).click()
    await page.waitForURL(/\/login$/)
    await page.context().close()
  })

  it('are sharp on fine screens, and as large as on others', async () => {
    for (const deviceScaleFactor of [1, 2, 3]) {
      const page = await open([button({ width: 240, height: 44 })], deviceScaleFactor)
      const source = await page
        .locator('img')
        .evaluate((image) => (image as unknown as { currentSrc: string }).currentSrc)
      expect(new URL(source).searchParams.get('scale')).toBe(deviceScaleFactor === 1 ? null : String(deviceScaleFactor))
      const [image] = await imagesOn(page)
      expect(image).toMatchObject({ naturalWidth: 240, naturalHeight: 44, width: 240, height: 44 })
      await page.context().close()
    }
  })

  it('need the image server in the page’s policy, and have it with the one that comes with them', async () => {
    isAllowed = false
    const page = await open([button({})])
    expect((await imagesOn(page))[0]).toMatchObject({ naturalWidth: 0 })
    isAllowed = true
    await page.reload()
    expect((await imagesOn(page))[0]).toMatchObject({ naturalWidth: 140 })
    await page.context().close()
  })

  it('are transparent at the corners and coloured as asked for, in Chromium’s own eyes', async () => {
    const page = await open([button({ color: 'white', border: true, width: 200, height: 40 })])
    await page.goto(button({ color: 'white', border: true, width: 200, height: 40 }).imageUrl)
    const pixels = await page.locator('img').evaluate(readPixels)
    expect(pixels).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 255],
      [255, 255, 255, 255],
    ])
    await page.context().close()
  })
})

/** Runs in the page: a corner, the line at the top, and the ground below it. */
function readPixels(image: unknown): number[][] {
  const { document } = globalThis as unknown as { document: { createElement: (name: string) => Canvas } }
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0)
  return [
    [0, 0],
    [100, 0],
    [100, 3],
  ].map(([x = 0, y = 0]) => Array.from(context.getImageData(x, y, 1, 1).data))
}

interface Canvas {
  getContext(kind: '2d'): {
    drawImage(image: unknown, x: number, y: number): void
    getImageData(x: number, y: number, width: number, height: number): { data: ArrayLike<number> }
  }
}
