import { describe, expect, it } from '@jest/globals'
import express from 'express'
import fc from 'fast-check'
import { hostileText } from './hostile-text.js'
import { runs } from './runs.js'
import { useTwoTabs } from './two-tabs.js'
import { WireBrowser } from './wire-browser.js'

const { startApp, begin, finish } = useTwoTabs()

describe('/callback with any user field', () => {
  const long = fc.integer({ min: 120, max: 140 }).map((length) => '🙂'.repeat(length))
  const text = fc.oneof(hostileText, fc.jsonValue(), long)
  const user = fc.oneof(
    hostileText,
    fc.json(),
    fc
      .record({ name: fc.oneof(text, fc.record({ firstName: text, lastName: text }, { requiredKeys: [] })) })
      .map((value) => JSON.stringify(value)),
  )

  it('signs in all the same, and keeps of a name at most 128 characters and no control character', async () => {
    const app = await startApp()
    const names: unknown[] = []
    app.apple.on('login', ({ user: person }) => names.push(person?.unverifiedName))
    const property = fc.asyncProperty(user, async (given) => {
      fc.pre(encodeURIComponent(given).length < 60_000)
      const browser = new WireBrowser(app.url)
      expect((await finish(browser, await begin(browser, '/private'), 'POST', given)).status).toBe(303)
      const name = names.pop() ?? {}
      for (const [part, kept] of Object.entries(name)) {
        expect(part).toMatch(/^(first|last)Name$/)
        expect(kept).toMatch(/^[^\p{Cc}]+$/u)
        expect(Array.from(kept as string).length).toBeLessThanOrEqual(128)
      }
      expect(await browser.send({ path: '/private' })).toMatchObject({ status: 200 })
    })
    await fc.assert(property, runs(80))
  })

  it('keeps a plain name as it was typed', async () => {
    const app = await startApp()
    const plain = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((name) => name === name.trim() && Array.from(name).length <= 128 && !/[\p{Cc}\p{Cs}]/u.test(name))
    const property = fc.asyncProperty(plain, plain, async (firstName, lastName) => {
      const browser = new WireBrowser(app.url)
      await finish(browser, await begin(browser, '/private'), 'POST', JSON.stringify({ name: { firstName, lastName } }))
      const { text: page } = await browser.send({ path: '/private' })
      expect(JSON.parse(page)).toMatchObject({ user: { unverifiedName: { firstName, lastName } } })
    })
    await fc.assert(property, runs(40))
  })

  it('signs in by any where the app has parsed the body', async () => {
    const app = await startApp({ before: (before) => before.use(express.urlencoded({ extended: true, limit: '9mb' })) })
    const property = fc.asyncProperty(user, async (given) => {
      fc.pre(encodeURIComponent(given).length < 60_000)
      const browser = new WireBrowser(app.url)
      expect((await finish(browser, await begin(browser, '/private'), 'POST', given)).status).toBe(303)
    })
    await fc.assert(property, runs(30))
  })
})
