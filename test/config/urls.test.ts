import { afterAll, describe, expect, it, jest } from '@jest/globals'
import { configure, good, problemsOf } from './environment.js'
import { authorizeUrl } from './login-page.js'

// Some paths are not the router's, which it says; not what is asked here.
const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
afterAll(() => {
  emitWarning.mockRestore()
})

const simulator = { baseUrl: 'http://127.0.0.1:4000' }

async function sentRedirectUri(redirectUri: string, changes: Record<string, unknown> = {}): Promise<string | null> {
  const { hostname } = new URL(redirectUri)
  const auth = configure({ ...good, ...changes, redirectUri })
  return (await authorizeUrl(auth, { host: hostname })).searchParams.get('redirect_uri')
}

describe('redirectUri', () => {
  it.each([
    'https://school.example/auth/apple/callback',
    'https://school.example:443/auth/apple/callback',
    'https://School.Example/auth/apple/callback',
    'https://school.example:8443/auth/apple/callback/',
    'https://school.example',
    'https://school.example/a/../auth/./callback',
    'https://school.example/callback?tenant=1&x=a+b%20c%2Bd',
    'https://school.example/caf%C3%A9/%2e%2E/callback',
    'https://xn--schul-9ua.example/callback',
  ])('is sent byte for byte: %s', async (redirectUri) => {
    expect(await sentRedirectUri(redirectUri)).toBe(redirectUri)
  })

  it.each([
    ['https://school.example/cb#', /fragment/],
    ['https://school.example/cb#top', /fragment/],
    ['http://school.example/cb', /https/],
    ['https://127.0.0.1/cb', /domain name/],
    ['https://10.0.0.1:8443/cb', /domain name/],
    ['https://2130706433/cb', /domain name/],
    ['https://0x7f.1/cb', /domain name/],
    ['https://[::1]/cb', /domain name/],
    ['https://[2001:db8::1]/cb', /domain name/],
    ['https://localhost/cb', /domain name/],
    ['https://LOCALHOST:3000/cb', /domain name/],
    ['https://app.localhost/cb', /domain name/],
    ['https://localhost./cb', /domain name/],
    ['http://localhost:3000/cb', /https.*baseUrl/],
    ['http://127.0.0.1:3000/cb', /https.*baseUrl/],
    ['ftp://school.example/cb', /https/],
    ['javascript:alert(1)', /https/],
    ['https://user@school.example/cb', /user name/],
    ['https://user:secret@school.example/cb', /password/],
    ['school.example/cb', /whole URL/],
    ['/auth/apple/callback', /whole URL/],
    ['https://school.example/a b', /without spaces/],
    [' https://school.example/cb', /without spaces/],
    ['https://school.example/cb\n', /without spaces/],
    ['https://schülerei.example/cb', /whole URL/],
    ['https://', /whole URL/],
  ])('is refused as %j, with what to do', (redirectUri, advice) => {
    const [problem, ...more] = problemsOf({ redirectUri })
    expect(problem).toMatchObject({ option: 'redirectUri', variable: 'APPLE_REDIRECT_URI' })
    expect(problem?.message).toMatch(advice)
    expect(more).toEqual([])
  })

  it.each([
    'http://localhost:3000/auth/apple/callback',
    'http://127.0.0.1:3000/auth/apple/callback',
    'http://app.localhost/auth/apple/callback',
    'http://[::1]:3000/auth/apple/callback',
    'https://localhost/auth/apple/callback',
  ])('may be on this machine while baseUrl is: %s', async (redirectUri) => {
    expect(await sentRedirectUri(redirectUri, simulator)).toBe(redirectUri)
  })

  it.each([
    'http://school.example/cb',
    'http://127.0.0.1.example/cb',
    'http://localhost.example/cb',
    'http://10.0.0.1/cb',
  ])('may not be plain http elsewhere though baseUrl is on this machine: %s', (redirectUri) => {
    expect(problemsOf({ ...simulator, redirectUri })).toMatchObject([{ option: 'redirectUri' }])
  })

  it('has no fragment on this machine either', () => {
    const problems = problemsOf({ ...simulator, redirectUri: 'http://localhost/cb#top' })
    expect(problems).toMatchObject([{ option: 'redirectUri', message: expect.stringContaining('fragment') }])
  })

  it('may not be on this machine while baseUrl is elsewhere', () => {
    const problems = problemsOf({ baseUrl: 'https://apple.example', redirectUri: 'http://localhost/cb' })
    expect(problems).toMatchObject([{ option: 'redirectUri' }])
  })
})

describe('baseUrl', () => {
  it.each([
    ['https://appleid.apple.com/', 'https://appleid.apple.com'],
    ['https://proxy.example/apple//', 'https://proxy.example/apple'],
    ['http://localhost:4000', 'http://localhost:4000'],
    ['http://127.1.2.3:4000/', 'http://127.1.2.3:4000'],
    ['http://[::1]:4000', 'http://[::1]:4000'],
    ['http://apple.localhost', 'http://apple.localhost'],
  ])('sends the browser to %s without a doubled slash', async (baseUrl, begin) => {
    const { href } = await authorizeUrl(configure({ ...good, baseUrl }))
    expect(href.split('?')[0]).toBe(`${begin}/auth/oauth2/v2/authorize`)
  })

  it.each(['http://appleid.apple.com', 'http://10.0.0.1', 'http://localhost.example', 'http://0.0.0.0:4000'])(
    'is refused on plain http elsewhere: %s',
    (baseUrl) => {
      const problems = problemsOf({ baseUrl })
      expect(problems).toMatchObject([{ option: 'baseUrl', variable: 'APPLE_BASE_URL' }])
      expect(problems[0]?.message).toMatch(/https URL.*simulator/)
    },
  )
})
