import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { newDataDir } from '../example-app/example.js'
import { SchoolExample } from '../example-app/school-example.js'
import { agree } from '../support/browser-app.js'
import { describeInChromium, launchChromium } from '../support/chromium.js'

/** Where to put pictures of the pages, for somebody to look at; by default nowhere. */
const pictures = process.env.PICTURES_DIR

describeInChromium('the school app in Chromium', () => {
  let browser: Browser
  let dataDir: string
  let school: SchoolExample
  const trouble: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })
  beforeEach(async () => {
    dataDir = newDataDir()
    school = await SchoolExample.start({ dataDir })
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    await school.stop()
    rmSync(dataDir, { recursive: true })
    expect(trouble.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
  })

  /** A person's browser, on the first page. */
  async function open(javaScriptEnabled = true): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled })
    const page = await context.newPage()
    // Among others what the content security policy refuses.
    page.on('console', (message) => {
      if (message.type() === 'error') trouble.push(message.text())
    })
    page.on('pageerror', (error) => trouble.push(error.message))
    await page.goto(school.url)
    return page
  }

  async function connect(page: Page, javaScript = true): Promise<void> {
    await page.getByRole('link', { name: 'Connect or manage your school' }).click()
    await page.getByRole('button', { name: 'Connect or manage your school' }).click()
    await page.getByRole('radio', { name: 'School Administrator' }).check()
    await agree(page, javaScript)
    await page.getByRole('heading', { name: 'First School' }).waitFor()
  }

  async function signIn(page: Page, name: string, javaScript = true): Promise<void> {
    await page.getByRole('link', { name: 'Sign in with Apple' }).click()
    await page.getByRole('radio', { name }).check()
    await agree(page, javaScript)
    await page.waitForURL(`${school.url}/classes`)
  }

  /** The counts of a reading that has ended; while it runs, "so far" stands behind them. */
  async function readToTheEnd(page: Page): Promise<void> {
    await page.getByText(/^120 people and [1-9]\d* classes, read on/).waitFor()
    await page.getByRole('button', { name: 'Sync now' }).waitFor()
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return
    await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
    await page.setViewportSize({ width: 375, height: 700 })
    await page.emulateMedia({ colorScheme: 'dark' })
    // The stylesheet fades colours.
    await page.waitForTimeout(500)
    await page.screenshot({ path: `${pictures}/${name}-phone.png`, fullPage: true })
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 1280, height: 720 })
  }

  for (const javaScript of [true, false]) {
    const label = `JavaScript ${javaScript ? 'on' : 'off'}`

    it(`an administrator connects the school, reads it and sees how far that is: ${label}`, async () => {
      const page = await open(javaScript)
      await picture(page, `home-${String(javaScript)}`)
      await connect(page, javaScript)
      await page.getByText('Not synced yet.').waitFor()
      await picture(page, `school-connected-${String(javaScript)}`)
      school.simulator.fail({ endpoint: 'roster', path: '/classes', delayMs: 3000 })
      await page.getByRole('button', { name: 'Sync now' }).click()
      await page.getByText(/Reading: \d+ people and 0 classes so far\./).waitFor()
      await picture(page, `school-reading-${String(javaScript)}`)
      // Nobody presses anything: the script, or without it the page itself, asks how far it is.
      await readToTheEnd(page)
      await picture(page, `school-read-${String(javaScript)}`)
      await page.getByRole('button', { name: 'Disconnect the school' }).click()
      await page.getByRole('heading', { name: 'Disconnect First School?' }).waitFor()
      await picture(page, `school-disconnect-${String(javaScript)}`)
      await page.getByRole('link', { name: 'Keep it connected' }).click()
      await page.getByRole('button', { name: 'Disconnect the school' }).click()
      await page.getByRole('button', { name: 'Disconnect First School' }).click()
      await page.getByText('Your school is not connected.').waitFor()
      await picture(page, `school-disconnected-${String(javaScript)}`)
    })

    it(`teachers see their own classes with the students, and students theirs: ${label}`, async () => {
      const administrator = await open(javaScript)
      await connect(administrator, javaScript)
      const teacher = await open(javaScript)
      await signIn(teacher, 'Class Teacher', javaScript)
      await teacher.getByText('First School is connected, but its classes have not been read yet.').waitFor()
      await picture(teacher, `classes-unread-${String(javaScript)}`)
      await administrator.getByRole('button', { name: 'Sync now' }).click()
      await readToTheEnd(administrator)

      await teacher.reload()
      const summary = teacher.getByText(/^\d+ students$/).first()
      await summary.click()
      expect(await teacher.getByRole('listitem').filter({ visible: true }).count()).toBeGreaterThan(10)
      await picture(teacher, `classes-teacher-${String(javaScript)}`)
      await teacher.getByRole('button', { name: 'Sign out' }).click()
      await teacher.waitForURL(`${school.url}/`)

      const student = await open(javaScript)
      await signIn(student, 'First Student', javaScript)
      expect(await student.getByText(/Teachers?: /).count()).toBeGreaterThan(0)
      expect(await student.getByText(/students/).count()).toBe(0)
      await picture(student, `classes-student-${String(javaScript)}`)
    })
  }

  it('is friendly to a home user who belongs to no school', async () => {
    const page = await open()
    await signIn(page, 'Home User')
    await page.getByText('Your Apple Account belongs to no school').waitFor()
    await picture(page, 'classes-home-user')
    await page.getByRole('link', { name: 'Account' }).click()
    await page.getByText('home.user@home.example').waitFor()
    await picture(page, 'account')
  })

  it('lets one browser be an administrator’s and a teacher’s at once, each to be signed out alone', async () => {
    const page = await open()
    await connect(page)
    await page.getByRole('link', { name: 'School app' }).click()
    await signIn(page, 'School Administrator')
    await page.getByRole('link', { name: 'School', exact: true }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are signed out. Your school stays connected.').waitFor()
    await picture(page, 'school-signed-out')
    await page.getByRole('link', { name: 'Classes' }).click()
    await page.getByText('its classes have not been read yet').waitFor()
  })

  it('shows a reading that failed, and a connection that is broken', async () => {
    const page = await open()
    await connect(page)
    const log = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    school.simulator.fail({ endpoint: 'roster', path: '/classes', status: 403 })
    await page.getByRole('button', { name: 'Sync now' }).click()
    await page.getByText('The last attempt to read the school failed').waitFor()
    await picture(page, 'school-failed')
    // Apple's notification does not arrive.
    school.example.isDeaf = true
    school.simulator.revokeGrant({})
    await page.getByRole('button', { name: 'Sync now' }).click()
    await page.getByRole('link', { name: 'Connect again' }).waitFor()
    await picture(page, 'school-broken')
    expect(log).toHaveBeenCalled()
    log.mockRestore()
  })
})
