import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { makeSecret } from '../config/make-secret.js'
import { withClockAhead } from '../support/clock.js'
import { goodEnvironment, withSecret } from './good-environment.js'
import { diagnose, expectNoSecret, problemsOf, runCommand } from './run-command.js'

const home = process.cwd()
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'))
})
afterEach(() => {
  process.chdir(home)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Writes an .env file; gives its path. */
function envFile(name: string, variables: Readonly<Record<string, string>>): string {
  const file = join(folder, name)
  const lines = Object.entries(variables).map(([key, value]) => `${key}="${value.replaceAll('\n', '\\n')}"\n`)
  writeFileSync(file, lines.join(''))
  return file
}

describe('doctor, for people', () => {
  it('prints each check with its status and id, then the client secret, then what it comes to', async () => {
    const { out, code } = await runCommand(['doctor'], { env: goodEnvironment })

    expect(out).toMatch(/^Sign in with Apple for com\.example\.web, by the variables that begin with APPLE_\n\n/)
    expect(out).toMatch(/^ok {7}client-id {10}com\.example\.web$/m)
    expect(out).toMatch(/^skipped {2}apple-credentials {2}Needs --live\.$/m)
    expect(out).toMatch(/\n\nNo problem found\.\n$/)
    expect(code).toBe(0)
  })

  it('shows header and claims of the client secret, its life in words, and no signature', async () => {
    const { out } = await runCommand(['doctor'], { env: goodEnvironment })

    expect(out).toContain('  header  {"alg":"ES256","kid":"KEY1234567"}\n')
    expect(out).toMatch(
      / {2}claims {2}\{"iss":"TEAM123456","iat":\d+,"exp":\d+,"aud":"https:\/\/appleid\.apple\.com","sub":"com\.example\.web"\}\n/,
    )
    expect(out).toMatch(
      / {2}life {4}1 hour, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; the app makes a new one in time\n/,
    )
    expectNoSecret(out, goodEnvironment)
  })

  it('shows a ready-made one even where it is refused', async () => {
    const { out } = await runCommand(['doctor'], {
      env: withSecret(
        makeSecret({ endsIn: -3 * 86_400, claims: { iat: Math.floor(Date.now() / 1000) - 93 * 86_400 } }),
      ),
    })

    expect(out).toContain('The client secret, without its signature (ready-made):')
    expect(out).toMatch(/ {2}life {4}90 days, until .* UTC, which was 3 days ago\n/)
  })

  it('shows of a ready-made one only what belongs there', async () => {
    const claims = { iss: 'TEAM123456', password: 'something-secret', aud: 'eyJ-no-url', exp: undefined }
    const { out } = await runCommand(['doctor'], { env: withSecret(makeSecret({ claims })) })

    expect(out).not.toContain('something-secret')
    expect(out).toContain('"aud":"(not shown: it has not the form of an identifier)"')
    expect(out).toContain('life    without an end, which Apple refuses')
  })

  it('numbers what there is to do where it is more than one thing, and counts what it found', async () => {
    const { out, code } = await runCommand(['doctor'], {
      env: { ...goodEnvironment, SESSION_SECRET: '', APPLE_KEY_ID: 'K' },
    })

    expect(out).toMatch(/^problem {2}key-id {13}APPLE_KEY_ID must be/m)
    expect(out).toMatch(/^ {28}- Make one with: openssl rand -base64 32$/m)
    expect(out).toMatch(/\n1 problem, 1 warning\. Mend it, then run this again\.\n$/)
    expect(code).toBe(1)
  })

  it('counts in the plural, too', async () => {
    const { out } = await runCommand(['doctor'], { env: {} })

    expect(out).toMatch(/\n5 problems, 1 warning\. Mend them, then run this again\.\n$/)
  })

  it('writes no colours to a pipe', async () => {
    expect((await runCommand(['doctor'], { env: goodEnvironment })).out).not.toContain('\u001b[')
  })

  it('writes colours to a terminal, and breaks lines to its width', async () => {
    const { out } = await runCommand(['doctor'], { env: { ...goodEnvironment, APPLE_KEY_ID: 'K' }, columns: 80 })

    expect(out).toContain('\u001b[32mok\u001b[39m')
    const lines = out.replaceAll(/\u001b\[\d+m/g, '').split('\n')
    expect(lines.filter((line) => line.length > 80 && !line.startsWith('  claims'))).toEqual([])
  })

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('writes no colours to a terminal with %j', async (setting) => {
    const { out } = await runCommand(['doctor'], { env: { ...goodEnvironment, ...setting }, columns: 80 })

    expect(out).not.toContain('\u001b[')
  })
})

describe('doctor --json', () => {
  it('prints one object and nothing else', async () => {
    const { json, err, one } = await diagnose(goodEnvironment)

    expect(Object.keys(json)).toEqual([
      ...['ok', 'problems', 'warnings', 'service', 'envPrefix', 'live', 'version', 'checks', 'clientSecret'],
    ])
    expect(json).toMatchObject({ ok: true, problems: 0, warnings: 0, service: 'sign-in-with-apple', live: false })
    expect(one('client-id')).toEqual({ id: 'client-id', status: 'ok', message: 'com.example.web', advice: [] })
    expect(json.clientSecret).toMatchObject({ header: { alg: 'ES256' }, isReadyMade: false })
    expect(err).toBe('')
  })

  it('has no service and no client secret where they cannot be told', async () => {
    const { json } = await diagnose({})

    expect(json).toMatchObject({ ok: false, problems: 5, service: null, clientSecret: null })
  })

  it('makes every check, in an order that stays', async () => {
    const { checks } = await diagnose(goodEnvironment)

    expect(checks.map(({ id }) => id).join(' ')).toBe(
      'environment service client-id team-id key-id private-key client-secret redirect-uri settings clock ' +
        'session-secret proxy store token-encryption apple-keys apple-credentials apple-authorize app-login',
    )
  })

  it('never repeats a secret that stands in the wrong place', async () => {
    const { APPLE_PRIVATE_KEY = '' } = goodEnvironment
    const secret = makeSecret()
    const misplaced = {
      ...goodEnvironment,
      APPLE_CLIENT_ID: secret,
      APPLE_TEAM_ID: APPLE_PRIVATE_KEY,
      APPLE_KEY_ID: secret,
      APPLE_REDIRECT_URI: `https://school.example/auth/apple/callback?code=${secret}`,
      APPLE_SERVICE: APPLE_PRIVATE_KEY,
      APPLE_STORE_URL: 'mysql://user:password-of-the-store@localhost',
    }
    const { out } = await diagnose(misplaced)

    expect(out).not.toContain(secret.slice(0, 40))
    expect(out).not.toContain('password-of-the-store')
  })
})

describe('doctor, reading the environment', () => {
  it('reads files of variables, the later one winning over the earlier', async () => {
    const one = envFile('one.env', { ...goodEnvironment, APPLE_KEY_ID: 'FIRST00001' })
    const two = envFile('two.env', { APPLE_KEY_ID: 'SECOND0002' })
    const diagnosis = await diagnose({}, '--env-file', one, '--env-file', two)

    expect(diagnosis.one('key-id').message).toBe('SECOND0002')
    expect(diagnosis.one('environment').message).toBe(`Read from ${one}, ${two}; what the environment sets wins.`)
    expect(diagnosis.code).toBe(0)
  })

  it('never overrules a variable that is set, and says so', async () => {
    const file = envFile('three.env', { ...goodEnvironment, APPLE_KEY_ID: 'FROMFILE01', OTHER: '1' })
    const diagnosis = await diagnose({ APPLE_KEY_ID: 'FROMENV001', OTHER: '2' }, '--env-file', file)

    expect(diagnosis.one('key-id').message).toBe('FROMENV001')
    expect(diagnosis.one('environment')).toMatchObject({
      status: 'warning',
      advice: ['If the file is right: unset APPLE_KEY_ID'],
    })
  })

  it('looks for a file that was forgotten', async () => {
    process.chdir(folder)
    envFile('.env', goodEnvironment)

    expect((await diagnose({})).said('environment')).toMatch(/the file \.env here was not read\. Add --env-file \.env$/)
    expect((await diagnose(goodEnvironment)).one('environment')).toMatchObject({ status: 'ok' })
  })

  it('reads the variables of another instance', async () => {
    const school = Object.fromEntries(
      Object.entries(goodEnvironment).map(([name, value]) => [name.replace(/^APPLE_/, 'APPLE_SCHOOL_'), value]),
    )
    const diagnosis = await diagnose({ ...school, APPLE_SCHOOL_SERVICE: '' }, '--env-prefix', 'APPLE_SCHOOL_')

    expect(diagnosis.json).toMatchObject({ envPrefix: 'APPLE_SCHOOL_', service: 'account-data-sharing' })
    expect(diagnosis.said('service')).toMatch(/because APPLE_SCHOOL_SERVICE is not set/)
    expect(diagnosis.code).toBe(0)
  })

  it('takes the service of an app that names it in its code', async () => {
    const { json, one } = await diagnose({ ...goodEnvironment, APPLE_SERVICE: '' }, '--service', 'sign-in-with-apple')

    expect(json).toMatchObject({ service: 'sign-in-with-apple' })
    expect(one('service').message).toBe('sign-in-with-apple')
  })

  it('says what Data Sharing keeps in the store', async () => {
    const { said } = await diagnose({
      ...goodEnvironment,
      APPLE_SERVICE: 'account-data-sharing',
      NODE_ENV: 'production',
    })

    expect(said('store')).toContain('connected schools, ended logins and revocations')
  })

  it('finds a clock that is behind a ready-made client secret', async () => {
    const env = withSecret(makeSecret())
    const diagnosis = await withClockAhead(-86_400, () => diagnose(env))

    expect(diagnosis.said('clock')).toMatch(/but the client secret was made at .*: one of the two is wrong/)
  })

  it('asks nobody while there are problems', async () => {
    const diagnosis = await diagnose({ ...goodEnvironment, APPLE_KEY_ID: 'K' }, '--live')

    expect(problemsOf(diagnosis)).toEqual(['key-id'])
    expect(diagnosis.one('apple-credentials')).toMatchObject({
      status: 'skipped',
      message: 'The problems above come first.',
    })
  })
})
