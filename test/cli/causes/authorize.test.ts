import { describe, expect, it } from '@jest/globals'
import { useApple } from '../../support/use-apple.js'
import { goodEnvironment } from '../good-environment.js'
import { diagnoseLive, problemsOf } from '../run-command.js'
import { useSimulator } from '../use-simulator.js'

const { register } = useSimulator()

describe('doctor --live, about Apple’s sign-in page', () => {
  it.each([
    ['a slash at the end', 'https://school.example/auth/apple/callback/'],
    ['another host', 'https://www.school.example/auth/apple/callback'],
    ['capitals', 'https://school.example/auth/Apple/callback'],
  ])('explains a redirect URI that is registered but for %s', async (_what, redirectUri) => {
    const diagnosis = await diagnoseLive({ ...register().env, APPLE_REDIRECT_URI: redirectUri })

    expect(diagnosis.one('apple-credentials')).toMatchObject({ status: 'ok' })
    expect(diagnosis.said('apple-authorize')).toContain(`does not know the redirect URI ${redirectUri}`)
    expect(diagnosis.said('apple-authorize')).toContain('letter for letter')
    expect(problemsOf(diagnosis)).toEqual(['apple-authorize'])
    expect(diagnosis.code).toBe(1)
  })

  it('explains the bundle id of an app in the place of the Services ID', async () => {
    const { env } = register({ bundleIds: ['com.example.ios'] })
    const diagnosis = await diagnoseLive({ ...env, APPLE_CLIENT_ID: 'com.example.ios' })

    expect(diagnosis.said('apple-authorize')).toMatch(/com\.example\.ios.*may be the bundle id of an app/)
    expect(diagnosis.code).toBe(1)
  })

  it('explains a scope that is not turned on', async () => {
    const { env } = register({ service: 'account-data-sharing', scopes: ['edu.users.read'] })
    const diagnosis = await diagnoseLive(env)

    expect(diagnosis.said('apple-authorize')).toMatch(/the scope edu\.users\.read edu\.classes\.read \(invalid_scope\)/)
    expect(problemsOf(diagnosis)).toEqual(['apple-authorize'])
  })
})

describe('doctor --live, about a sign-in page that answers in another way', () => {
  const { apple } = useApple()

  async function withPage(status: number, headers: Record<string, string>, body = ''): Promise<string> {
    apple.misbehave = ({ path }, res) => {
      if (!path.includes('/authorize')) return false
      res.writeHead(status, headers).end(body)
      return true
    }
    return (await diagnoseLive({ ...goodEnvironment, APPLE_BASE_URL: apple.url })).said('apple-authorize')
  }

  it('reads an error that is JSON', async () => {
    expect(await withPage(400, { 'content-type': 'application/json' }, '{"error":"unauthorized_client"}')).toMatch(
      /^problem: Apple does not know the redirect URI .*\(unauthorized_client\)/,
    )
  })

  it('reads an error that has status 200', async () => {
    expect(await withPage(200, {}, '<title>invalid_request</title><p>Sorry</p>')).toMatch(
      /^problem: .* answers invalid_request/,
    )
  })

  it('reads no error out of a script', async () => {
    expect(await withPage(200, {}, '<script>const codes = ["invalid_client"]</script><p>Sign in</p>')).toMatch(/^ok:/)
  })

  it('reads an error that is sent straight back', async () => {
    const location = `${String(goodEnvironment.APPLE_REDIRECT_URI)}?error=invalid_scope`
    expect(await withPage(302, { location })).toMatch(/^problem: .*\(invalid_scope\)/)
  })

  it('passes over an error sent back that it does not know', async () => {
    const location = `${String(goodEnvironment.APPLE_REDIRECT_URI)}?error=strange`
    expect(await withPage(302, { location })).toMatch(/^problem: .* answers an error /)
  })

  it('follows no page that Apple leads on to', async () => {
    expect(await withPage(302, { location: 'https://account.apple.com/sign-in' })).toMatch(/^ok:/)
  })

  it('says where there is no page', async () => {
    expect(await withPage(404, {})).toMatch(/^problem: .* answers 404/)
  })

  it('reads the beginning of an endless page', async () => {
    expect(await withPage(200, {}, '<p>.</p>'.repeat(100_000))).toMatch(/^ok:/)
  })

  it('warns where the page does not come', async () => {
    apple.misbehave = ({ path }, res) => {
      if (path.includes('/authorize')) res.destroy()
      return path.includes('/authorize')
    }
    const diagnosis = await diagnoseLive({ ...goodEnvironment, APPLE_BASE_URL: apple.url })

    expect(diagnosis.said('apple-authorize')).toMatch(/^warning: .* could not be opened from here \(ECONNRESET\)/)
  })
})
