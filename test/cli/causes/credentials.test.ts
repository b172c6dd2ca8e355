import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { withClockAhead } from '../../support/clock.js'
import { useApple } from '../../support/use-apple.js'
import { createAppleSimulator } from '../../../src/simulator/index.js'
import { goodEnvironment, without } from '../good-environment.js'
import { diagnose, diagnoseLive, problemsOf } from '../run-command.js'
import { useSimulator } from '../use-simulator.js'

const { simulator, register } = useSimulator()
const folder = mkdtempSync(join(tmpdir(), 'credentials-'))

afterEach(() => {
  simulator.behave()
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** What the token endpoint was asked, newest last. */
function tokenRequests(): number {
  return simulator.requests.filter(({ endpoint }) => endpoint === 'token').length
}

describe('doctor --live, about the credentials', () => {
  it('says that Apple takes them', async () => {
    const diagnosis = await diagnoseLive(register().env)

    expect(diagnosis.one('apple-credentials')).toMatchObject({ status: 'ok', advice: [] })
    expect(diagnosis.one('apple-authorize')).toMatchObject({ status: 'ok' })
    expect(diagnosis.one('apple-keys').message).toMatch(/^3 keys at .*\/auth\/keys$/)
    expect(diagnosis.said('clock')).toMatch(
      /^ok: This machine's clock is (as Apple's, to the second|within .* of Apple's)\./,
    )
    expect(diagnosis.code).toBe(0)
  })

  it('fetches both key sets of Data Sharing', async () => {
    const { checks } = await diagnoseLive(register({ service: 'account-data-sharing' }).env)

    expect(checks.filter(({ id }) => id === 'apple-keys').map(({ status }) => status)).toEqual(['ok', 'ok'])
  })

  it('explains a wrong key id first of all', async () => {
    const { env } = register()
    const diagnosis = await diagnoseLive({ ...env, APPLE_KEY_ID: 'WRONGKEY01' })

    const [simulated, first] = diagnosis.one('apple-credentials').advice
    expect(simulated).toMatch(/The simulator at http:.* was started again/)
    expect(first).toMatch(/^APPLE_KEY_ID, WRONGKEY01, is not the id of this very key/)
    expect(problemsOf(diagnosis)).toEqual(['apple-credentials'])
    expect(diagnosis.code).toBe(1)
  })

  it('finds out that the key file’s name has the right key id', async () => {
    const { env, credentials } = register()
    const file = join(mkdtempSync(`${folder}-`), `AuthKey_${credentials.keyId}.p8`)
    writeFileSync(file, credentials.privateKey, { mode: 0o600 })
    const inFile = { ...without(env, 'APPLE_PRIVATE_KEY'), APPLE_PRIVATE_KEY_FILE: file }
    const diagnosis = await diagnoseLive({ ...inFile, APPLE_KEY_ID: 'WRONGKEY01' })

    expect(diagnosis.said('apple-credentials')).toMatch(
      /APPLE_KEY_ID is wrong: .*takes the key id that the file is named after/,
    )
    expect(problemsOf(diagnosis)).toEqual(['key-id', 'apple-credentials'])
    expect(diagnosis.code).toBe(1)
  })

  it('finds out that Team ID and key id are swapped', async () => {
    const { env } = register({ teamId: 'SWAPTEAM01', keyId: 'SWAPKEY001' })
    const diagnosis = await diagnoseLive({ ...env, APPLE_TEAM_ID: 'SWAPKEY001', APPLE_KEY_ID: 'SWAPTEAM01' })

    expect(diagnosis.said('apple-credentials')).toMatch(/APPLE_TEAM_ID and APPLE_KEY_ID are swapped/)
    expect(diagnosis.code).toBe(1)
  })

  it('explains a wrong Team ID', async () => {
    const diagnosis = await diagnoseLive({ ...register().env, APPLE_TEAM_ID: 'WRONGTEAM1' })

    expect(diagnosis.said('apple-credentials')).toMatch(
      /APPLE_TEAM_ID, WRONGTEAM1, is not the team that owns the client id/,
    )
    expect(problemsOf(diagnosis)).toEqual(['apple-credentials'])
  })

  it('explains a client id that Apple does not know', async () => {
    const diagnosis = await diagnoseLive({ ...register().env, APPLE_CLIENT_ID: 'com.example.unknown' })

    expect(diagnosis.one('apple-credentials').advice[1]).toMatch(
      /com\.example\.unknown, is not the identifier of this website/,
    )
    expect(diagnosis.said('apple-authorize')).toMatch(/knows no client id com\.example\.unknown for Sign in with Apple/)
    expect(diagnosis.code).toBe(1)
  })

  it.each([
    ['account-data-sharing', 'sign-in-with-apple', 'Sign in with Apple'],
    ['sign-in-with-apple', 'account-data-sharing', 'Account & Organizational Data Sharing'],
  ] as const)('finds out that the key is for %s, not for %s', async (right, wrong, name) => {
    const { env } = register({ service: right })
    const diagnosis = await diagnoseLive({ ...env, APPLE_SERVICE: wrong })

    expect(diagnosis.said('apple-credentials')).toContain(
      `does not take these credentials for ${wrong} (invalid_client), but for ${right}`,
    )
    expect(diagnosis.said('apple-credentials')).toContain(`a key that has the capability ${name}`)
    expect(diagnosis.code).toBe(1)
  })

  it('explains a key of another app', async () => {
    const { APPLE_PRIVATE_KEY = '' } = register().env
    const diagnosis = await diagnoseLive({ ...register().env, APPLE_PRIVATE_KEY })

    expect(diagnosis.said('apple-credentials')).toMatch(/another primary App ID \(another app group\)/)
    expect(diagnosis.said('apple-credentials')).toMatch(/The key was revoked/)
    expect(diagnosis.code).toBe(1)
  })

  it('explains a ready-made client secret that Apple does not take', async () => {
    const { env } = register()
    const header = Buffer.from('{"alg":"ES256","kid":"SIMKEY9999"}').toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: 'SIMTEAM001',
      iat: now,
      exp: now + 9e6,
      aud: 'https://appleid.apple.com',
      sub: env.APPLE_CLIENT_ID,
    }
    const jwt = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${'A'.repeat(86)}`
    const others = without(env, 'APPLE_PRIVATE_KEY', 'APPLE_KEY_ID')
    const diagnosis = await diagnoseLive({ ...others, APPLE_CLIENT_SECRET: jwt })

    expect(diagnosis.said('apple-credentials')).toMatch(
      /APPLE_CLIENT_SECRET was signed with another key than its header names/,
    )
    expect(problemsOf(diagnosis)).toEqual(['apple-credentials'])
  })

  it('tries two changes, and no more', async () => {
    const before = tokenRequests()
    await diagnoseLive({ ...register().env, APPLE_KEY_ID: 'WRONGKEY01' })

    expect(tokenRequests() - before).toBe(3)
  })

  it('says so when Apple is out of order', async () => {
    simulator.fail({ endpoint: 'token', status: 503 })
    const diagnosis = await diagnoseLive(register().env)

    expect(diagnosis.said('apple-credentials')).toMatch(/answered 503.*again in a few minutes/)
    expect(diagnosis.code).toBe(1)
  })

  it('stops trying changes when Apple goes out of order meanwhile', async () => {
    const { env } = register()
    simulator.fail({ endpoint: 'token', service: 'account-data-sharing', status: 503 })
    const diagnosis = await diagnoseLive({ ...env, APPLE_KEY_ID: 'WRONGKEY01' })

    expect(diagnosis.said('apple-credentials')).toContain('Apple answers invalid_client')
  })
})

describe('doctor --live, about the clock', () => {
  it('explains invalid_client by a clock that is ahead', async () => {
    const { env } = register()
    const diagnosis = await withClockAhead(600, () => diagnoseLive(env))

    expect(diagnosis.said('clock')).toMatch(
      /^problem: This machine's clock is (10 minutes|9 minutes 59 seconds).* ahead of Apple's.*NTP/,
    )
    expect(diagnosis.said('apple-credentials')).toMatch(/invalid_client, which this machine's clock explains/)
    expect(diagnosis.code).toBe(1)
  })

  it('explains refused id_tokens by a clock that is behind', async () => {
    const diagnosis = await withClockAhead(-600, () => diagnoseLive(register().env))

    expect(diagnosis.said('clock')).toMatch(
      /behind Apple's, so every id_token would look as if it came from the future/,
    )
    expect(diagnosis.code).toBe(1)
  })

  it('warns of one that is a minute ahead', async () => {
    const diagnosis = await withClockAhead(60, () => diagnoseLive(register().env))

    expect(diagnosis.said('clock')).toMatch(/^warning: This machine's clock is/)
    expect(diagnosis.code).toBe(0)
  })

  it('needs no network for one that is years behind', async () => {
    const diagnosis = await withClockAhead(-3 * 365 * 86_400, () => diagnose(goodEnvironment))

    expect(diagnosis.said('clock')).toMatch(/cannot be: this command is younger/)
    expect(diagnosis.code).toBe(1)
  })
})

describe('doctor --live, where Apple is not', () => {
  const { apple } = useApple()
  const env = (changes: Record<string, string> = {}): Record<string, string> => ({
    ...goodEnvironment,
    APPLE_BASE_URL: apple.url,
    ...changes,
  })

  it('explains an address where nothing answers, and asks nothing else there', async () => {
    const gone = createAppleSimulator()
    const url = await gone.listen()
    await gone.close()
    const diagnosis = await diagnoseLive(env({ APPLE_BASE_URL: url }))

    expect(diagnosis.said('apple-keys')).toMatch(/cannot be reached \(ECONNREFUSED\).*Start the simulator/)
    expect(diagnosis.one('apple-credentials')).toMatchObject({ status: 'skipped' })
    expect(diagnosis.code).toBe(1)
  })

  it('names a proxy that Node does not use', async () => {
    const changes = { APPLE_BASE_URL: 'https://127.0.0.1:1', HTTPS_PROXY: 'http://proxy.example' }
    const diagnosis = await diagnoseLive(env(changes))

    expect(diagnosis.said('apple-keys')).toMatch(/firewall.*HTTPS_PROXY is set, which Node's HTTP client does not use/)
  })

  it('waits no longer than the app would', async () => {
    apple.misbehave = () => true
    const diagnosis = await diagnoseLive(env({ APPLE_HTTP_TIMEOUT_MS: '50' }))

    expect(diagnosis.said('apple-keys')).toContain('no answer in 50 ms')
  })

  it('explains an answer that is not Apple’s', async () => {
    apple.misbehave = (_request, res) => {
      res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works</h1>')
      return true
    }
    const diagnosis = await diagnoseLive(env())

    expect(diagnosis.said('apple-keys')).toMatch(/without a usable key.*APPLE_BASE_URL: what answers/)
    expect(diagnosis.one('apple-credentials')).toMatchObject({ status: 'problem' })
    expect(diagnosis.code).toBe(1)
  })

  it('explains another OAuth error than the two that tell', async () => {
    apple.misbehave = ({ path }, res) => {
      if (!path.endsWith('/token')) return false
      res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"unauthorized_client"}')
      return true
    }

    expect((await diagnoseLive(env())).said('apple-credentials')).toMatch(
      /answered unauthorized_client to a made-up code/,
    )
  })

  it('explains a server that gives tokens for anything', async () => {
    apple.misbehave = ({ path }, res) => {
      if (!path.endsWith('/token')) return false
      const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 3600 }
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(tokens))
      return true
    }

    expect((await diagnoseLive(env())).said('apple-credentials')).toMatch(/neither Apple nor the simulator/)
  })

  it('cannot compare clocks where no answer has a Date', async () => {
    apple.misbehave = (_request, res) => {
      res.sendDate = false
      return false
    }

    expect((await diagnoseLive(env())).one('clock')).toMatchObject({ status: 'skipped' })
  })
})
