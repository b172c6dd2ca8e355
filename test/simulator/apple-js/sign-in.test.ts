import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { describeInChromium, launchChromium } from '../../support/chromium.js'
import { type PageSetup, ScriptSite } from './script-page.js'

describeInChromium('AppleID.auth in Chromium', () => {
  let browser: Browser
  let context: BrowserContext
  let site: ScriptSite

  beforeAll(async () => {
    browser = await launchChromium()
    site = await ScriptSite.start()
  })
  beforeEach(async () => {
    context = await browser.newContext()
    site.posted.length = 0
    site.simulator.revokeGrant()
  })
  afterEach(() => context.close())
  afterAll(async () => {
    await browser.close()
    await site.stop()
  })

  function settings(changes: Record<string, unknown> = {}): Record<string, unknown> {
    const usual = { clientId: 'com.example.popup', scope: 'name email', redirectURI: site.redirectUri }
    return { ...usual, state: 'a state', nonce: 'n', usePopup: true, ...changes }
  }

  function run<T>(page: Page, code: string): Promise<T> {
    return page.evaluate(code)
  }

  /** Calls init and signIn, and leaves what it comes to for `outcome()`. */
  async function begin(page: Page, config: unknown, more?: unknown): Promise<Page> {
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      run(
        page,
        `AppleID.auth.init(${JSON.stringify(config)}); void (last = settle(AppleID.auth.signIn(${JSON.stringify(more)})))`,
      ),
    ])
    await popup.getByRole('button', { name: 'Continue', exact: true }).waitFor()
    return popup
  }

  async function open(setup?: PageSetup): Promise<{ page: Page; complaints: string[] }> {
    const opened = await site.open(context, setup)
    await run(opened.page, 'var last')
    return opened
  }

  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()

  it('resolves, and tells the document, with authorization and the first time the user; then the popup is gone', async () => {
    const { page, complaints } = await open()
    for (const isFirst of [true, false]) {
      const popup = await begin(page, settings())
      await Promise.all([popup.waitForEvent('close'), press(popup, 'Continue')])
      const data = {
        authorization: { code: expect.stringMatching(/^c/), id_token: expect.any(String), state: 'a state' },
        ...(isFirst && { user: { name: expect.any(Object), email: expect.stringContaining('@') } }),
      }
      expect(await run(page, 'last')).toEqual([true, data])
      expect(await run(page, 'heard.splice(0)')).toEqual([['AppleIDSignInOnSuccess', { data }]])
    }
    expect(complaints).toEqual([])
    expect(site.posted).toEqual([])
  })

  it.each([
    ['user_cancelled_authorize', (popup: Page) => press(popup, 'Cancel')],
    ['popup_closed_by_user', (popup: Page) => popup.close()],
  ])('rejects, and tells the document, with %s', async (error, leave) => {
    const { page, complaints } = await open()
    await leave(await begin(page, settings()))
    expect(await run(page, 'last')).toEqual([false, { error }])
    expect(await run(page, 'heard')).toEqual([['AppleIDSignInOnFailure', { error }]])
    expect(complaints).toEqual([])
  })

  it('ends the first flow with user_trigger_new_signin_flow when a second one begins', async () => {
    const { page } = await open()
    const first = await begin(page, settings())
    await run(page, 'void (former = last)')
    const [second] = await Promise.all([begin(page, settings()), first.waitForEvent('close')])
    expect(await run(page, 'former')).toEqual([false, { error: 'user_trigger_new_signin_flow' }])
    await press(second, 'Continue')
    expect(await run(page, 'last')).toMatchObject([true, { authorization: { state: 'a state' } }])
    expect(await run<unknown[]>(page, 'heard')).toHaveLength(2)
  })

  it('hears no window but its popup, and nothing of another flow', async () => {
    const { page } = await open()
    const popup = await begin(page, settings())
    const frameId = new URL(popup.url()).searchParams.get('frame_id')
    const forged = JSON.stringify({ frame_id: frameId, result: { error: 'forged' } })
    await run(page, `window.postMessage(${forged}, '*')`)
    const openOther = run(page, `void window.open('${site.simulator.url}')`)
    const [other] = await Promise.all([page.waitForEvent('popup'), openOther])
    await other.waitForLoadState()
    await other.evaluate(`window.opener.postMessage(${forged}, '*')`)
    await popup.evaluate(`window.opener.postMessage({ frame_id: 'other', result: { error: 'forged' } }, '*')`)
    await popup.evaluate(`window.opener.postMessage('forged', '*')`)
    await press(popup, 'Continue')
    expect(await run(page, 'last')).toMatchObject([true, {}])
  })

  it('asks for the id_token by form_post without usePopup, and leaves the page', async () => {
    const { page } = await open()
    const { state, nonce } = settings()
    await run(page, `AppleID.auth.init(${JSON.stringify(settings({ usePopup: false }))}); void AppleID.auth.signIn()`)
    await page.waitForURL(/\/auth\/authorize/)
    const asked = Object.fromEntries(new URL(page.url()).searchParams)
    expect(asked).toMatchObject({ response_type: 'code id_token', response_mode: 'form_post', state, nonce })
    expect(page.url()).toContain('scope=name%20email')
    expect(asked).not.toHaveProperty('frame_id')
    await press(page, 'Continue')
    await page.waitForURL(site.redirectUri)
    expect(site.posted).toEqual([
      { code: expect.any(String), id_token: expect.any(String), state: 'a state', user: expect.stringContaining('{') },
    ])
  })

  it('takes meta tags, init over them, and signIn over both', async () => {
    const tags = { 'client-id': 'com.example.popup', scope: 'email', 'redirect-uri': site.redirectUri, state: 'tag' }
    const all = Object.entries({ ...tags, nonce: 'tag', 'use-popup': 'true' })
    const head = all.map(([name, content]) => `<meta name="appleid-signin-${name}" content="${content}">`).join('')
    const { page, complaints } = await open({ head })
    const asked = async (config: unknown, more?: unknown): Promise<Record<string, string>> => {
      const popup = await begin(page, config, more)
      const url = new URL(popup.url())
      await popup.close()
      return Object.fromEntries(url.searchParams)
    }
    expect(await asked(undefined)).toMatchObject({ scope: 'email', state: 'tag', nonce: 'tag' })
    expect(await asked({ state: 'init', nonce: 'init' })).toMatchObject({
      scope: 'email',
      state: 'init',
      nonce: 'init',
    })
    expect(await asked({ state: 'init' }, { state: 'signIn' })).toMatchObject({ state: 'signIn', nonce: 'tag' })
    expect(complaints).toEqual([])
  })

  const mistakes: [string, string][] = [
    ['', 'clientId is missing, and the page has no meta tag appleid-signin-client-id.'],
    [`'com.example.popup'`, 'it takes one object.'],
    [`{ clientId: 'x' }`, 'redirectURI is missing'],
    [`{ redirectUri: 'x' }`, 'it does not know redirectUri: its names are clientId, scope, redirectURI'],
    [`{ scope: ['name'] }`, 'scope must be a text.'],
    [`{ usePopup: 'true' }`, 'usePopup must be true or false.'],
    [`{ redirectURI: '/callback' }`, 'redirectURI must be a whole URL.'],
    [`{ redirectURI: 'https://x.example/#a' }`, 'redirectURI must have no fragment (#).'],
    [
      `{ redirectURI: 'https://x.example/', usePopup: true }`,
      'the popup then never closes, and this page hears nothing.',
    ],
  ]

  it('says on the console what is wrong with what init was given', async () => {
    const { page, complaints } = await open()
    for (const [config, sentence] of mistakes) {
      await run(page, `AppleID.auth.init(${config})`)
      expect(complaints.splice(0).find((text) => text.includes(sentence))).toMatch(/^AppleID\.auth\.init\(\): /)
    }
    await run(page, `AppleID.auth.init(${JSON.stringify(settings())})`)
    expect(complaints).toEqual([])
  })

  it('wants init before signIn', async () => {
    const { page, complaints } = await open()
    const sentence = 'AppleID.auth.signIn(): call AppleID.auth.init() with clientId and redirectURI first.'
    expect(await run(page, 'settle(AppleID.auth.signIn()).then(([, { message }]) => message)')).toBe(sentence)
    expect(complaints).toEqual([sentence])
    expect(context.pages()).toHaveLength(1)
  })

  it('tells nothing to a page of another origin than the redirect URI’s; the popup stays and says why', async () => {
    const { page, complaints } = await open({ host: '127.0.0.1' })
    const popup = await begin(page, settings())
    expect(complaints).toEqual([expect.stringContaining('redirectURI is on http://localhost')])
    await press(popup, 'Continue')
    await popup.getByText('The page that opened this window does not hear of it.').waitFor()
    expect(await run(page, `Promise.race([last, 'nothing yet'])`)).toBe('nothing yet')
    expect(await run(page, 'heard')).toEqual([])
  })

  it('cannot hear the popup where the page’s opener policy cuts it off, which the popup says', async () => {
    const { page } = await open({ openerPolicy: 'same-origin' })
    const popup = await begin(page, settings())
    expect(await run(page, 'last')).toEqual([false, { error: 'popup_closed_by_user' }])
    await press(popup, 'Continue')
    await popup.getByText('Cross-Origin-Opener-Policy: same-origin').waitFor()
  })

  it('hears the popup under same-origin-allow-popups', async () => {
    const { page } = await open({ openerPolicy: 'same-origin-allow-popups' })
    await press(await begin(page, settings()), 'Continue')
    expect(await run(page, 'last')).toMatchObject([true, {}])
  })
})
