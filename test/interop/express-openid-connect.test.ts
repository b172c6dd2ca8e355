import { describe, expect, it } from '@jest/globals'
import { describeInChromium, launchChromium } from '../support/chromium.js'
import { AppleAtHome } from './apple-at-home.js'
import { ClientProcess } from './client-process.js'
import { Person } from './person.js'
import { testClient } from './test-client.js'

testClient('express-openid-connect', {
  appleIs: 'loopback',
  asksFor: { scope: 'openid name email', code_challenge_method: 'S256' },
})

describeInChromium('express-openid-connect in a browser', () => {
  it('gets its SameSite=None cookie back from Apple’s site, on http://localhost too', async () => {
    const apple = await AppleAtHome.start('loopback')
    const [client, chromium] = await Promise.all([
      ClientProcess.start('express-openid-connect', apple),
      launchChromium(),
    ])
    const page = await chromium.newPage()
    await page.goto(`${client.url}/login`)
    await page.getByLabel('Home User').check()
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.waitForURL(`${client.url}/account`)
    expect(JSON.parse(await page.locator('body').innerText())).toEqual({ id: 1000, ...apple.person('Home User') })
    await chromium.close()
    await client.stop()
    await apple.stop()
  })
})

describe('express-openid-connect by itself', () => {
  it('lets nobody in by an id_token without a nonce', async () => {
    const apple = await AppleAtHome.start('loopback', { nonce: 'omitted' })
    const client = await ClientProcess.start('express-openid-connect', apple)
    const page = await new Person(apple, client.url).signIn('Home User')
    expect(page.status).toBe(400)
    expect(apple.exchanges.at(-1)).toBe('token authorization_code 200')
    await client.stop()
    await apple.stop()
  })
})
