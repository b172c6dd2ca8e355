import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hostileText } from './hostile-text.js'
import { callbackPath } from './resolved-answer.js'
import { runs } from './runs.js'
import { useTwoTabs } from './two-tabs.js'
import { type WireAnswer, WireBrowser, type WireRequest } from './wire-browser.js'

const { startApp, attemptInOneOfTwo } = useTwoTabs()

const form = 'application/x-www-form-urlencoded'
const contentType = fc.oneof(
  fc.constantFrom(form, `${form};charset=utf-8`, `${form};charset=utf-16le`, 'application/json', 'text/html', ';', '/'),
  fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.constantFrom('state', 'code', '=', '&', '%', '%2', '%ff', '[', ']', '\0', '+', ';', 'x'.repeat(5000)), {
      maxLength: 40,
    })
    .map((parts) => Buffer.from(parts.join(''))),
)
const body: fc.Arbitrary<WireRequest> = fc
  .record({
    method: fc.constantFrom('POST', 'POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'),
    body: bytes,
    headers: fc.record(
      {
        'content-type': contentType,
        'content-encoding': fc.constantFrom('gzip', 'deflate', 'br', 'identity', 'x'),
        'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'same-site', 'none', ''),
        origin: fc.constantFrom('null', 'https://appleid.apple.com', 'x'),
      },
      { requiredKeys: [] },
    ),
  })
  .map((request) => ({ path: callbackPath, ...request }))

// More does not get past Node’s parser.
const addressCharacter = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code))
const query = fc
  .oneof(
    fc.string({ unit: addressCharacter, maxLength: 200 }),
    bytes.map((them) => them.toString('latin1').replace(/[^\x21-\x7e]/g, '')),
  )
  .map((text) => ({ path: `${callbackPath}?${text}` }))

describe('/callback with any bytes', () => {
  it.each([
    ['form_post', 'sign-in-with-apple', 'POST'],
    ['query', 'account-data-sharing', 'GET'],
  ] as const)('signs nobody in and spares a login under way, response mode %s', async (_mode, service, method) => {
    const app = await startApp({ options: { service }, errorPage: false })
    const property = fc.asyncProperty(fc.oneof(body, query), (wire) =>
      attemptInOneOfTwo(app, method, () => ({ wire, signsIn: false })),
    )
    await fc.assert(property, runs(60))
  })
})

describe('the page that /callback answers to a post from another site', () => {
  const fields = fc.record(
    { state: hostileText, code: hostileText, error: hostileText, iss: hostileText, user: hostileText },
    { requiredKeys: ['state'] },
  )
  const post = (posted: Record<string, string>): WireRequest => ({
    method: 'POST',
    path: callbackPath,
    headers: { 'content-type': form, 'sec-fetch-site': 'cross-site', origin: 'https://appleid.apple.com' },
    body: new URLSearchParams(posted).toString(),
  })
  const withoutValues = ({ text }: WireAnswer): string => text.replaceAll(/ value="[^"]*"/g, '')

  it('posts on what came, whatever it is, and is the same page but for that', async () => {
    const browser = new WireBrowser((await startApp()).url)
    const property = fc.asyncProperty(fields, async (given) => {
      const wire = post(given)
      fc.pre(given.state !== '' && (wire.body?.length ?? 0) <= 64 * 1024)
      const answer = await browser.send(wire)
      expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined])
      expect(inputsOf(answer.text)).toEqual({ ...given, relayed: 'POST' })
      const plain = Object.fromEntries(Object.keys(given).map((name) => [name, 'x']))
      expect(withoutValues(answer)).toBe(withoutValues(await browser.send(post(plain))))
    })
    await fc.assert(property, runs(150))
  })
})

/** The names and values of a page’s hidden fields, as a browser reads them. */
function inputsOf(page: string): Record<string, string> {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  const decode = (text: string): string =>
    text.replaceAll(/&([#\w]+);/g, (whole, name: string) => entities[name] ?? whole)
  const inputs = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [decode(name), decode(value)]))
}
