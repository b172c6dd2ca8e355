import { createPublicKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { jwtVerify } from 'jose'
import { createAppleSimulator } from '../../src/simulator/index.js'
import { makeSecret } from '../config/make-secret.js'
import { p8 } from '../support/test-app.js'
import { goodEnvironment, without, withSecret } from './good-environment.js'
import { diagnoseLive, runCommand } from './run-command.js'

const now = (): number => Math.floor(Date.now() / 1000)

describe('client-secret', () => {
  it('prints a client secret alone on stdout, and when it ends on stderr', async () => {
    const { code, out, err } = await runCommand(['client-secret'], { env: goodEnvironment })

    expect(out).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]{86}\n$/)
    expect(err).toMatch(/^Lives for 180 days, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\./)
    expect(code).toBe(0)
    const { payload, protectedHeader } = await jwtVerify(out.trim(), createPublicKey(p8))
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'KEY1234567' })
    expect(payload).toMatchObject({ iss: 'TEAM123456', sub: 'com.example.web', aud: 'https://appleid.apple.com' })
    expect(Math.abs((payload.exp ?? 0) - now() - 180 * 86_400)).toBeLessThan(10)
  })

  it.each([
    ['181d', 181 * 86_400, '181 days'],
    ['36h', 36 * 3600, '1 day 12 hours'],
    ['90m', 5400, '1 hour 30 minutes'],
    ['61s', 61, '1 minute 1 second'],
    ['3600', 3600, '1 hour'],
  ])('lets it live for %s', async (lifetime, seconds, words) => {
    const { out, err } = await runCommand(['client-secret', '--lifetime', lifetime, '--json'], { env: goodEnvironment })
    const text = await runCommand(['client-secret', '--lifetime', lifetime], { env: goodEnvironment })

    expect(JSON.parse(out)).toMatchObject({
      lifetimeSeconds: seconds,
      clientId: 'com.example.web',
      keyId: 'KEY1234567',
    })
    expect(text.err).toContain(`Lives for ${words}, until`)
    expect(err).toBe('')
  })

  it('makes one that Apple takes, even of the longest life', async () => {
    const simulator = createAppleSimulator()
    await simulator.listen()
    const { environment } = simulator.createClient({
      service: 'sign-in-with-apple',
      redirectUris: ['https://school.example/auth/apple/callback'],
    })
    const { out } = await runCommand(['client-secret', '--lifetime', '181d'], { env: environment })
    const secret = { APPLE_CLIENT_SECRET: out.trim(), APPLE_HTTP_TIMEOUT_MS: '20000' }
    const diagnosis = await diagnoseLive({ ...without(environment, 'APPLE_PRIVATE_KEY'), ...secret })
    await simulator.close()

    expect(diagnosis.one('client-secret').message).toMatch(
      /^Ready-made, from APPLE_CLIENT_SECRET; it ends in 18\d days/,
    )
    expect(diagnosis.one('apple-credentials')).toMatchObject({ status: 'ok' })
  })

  it('needs no redirect URI, and reads files and prefixes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'client-secret-'))
    const key = join(folder, 'key.p8')
    writeFileSync(key, p8, { mode: 0o644 })
    const lines = `SCHOOL_CLIENT_ID=com.example.school\nSCHOOL_TEAM_ID=TEAM123456\nSCHOOL_KEY_ID=KEY1234567\nSCHOOL_PRIVATE_KEY_FILE=${key}\n`
    writeFileSync(join(folder, '.env'), lines)
    const argv = ['client-secret', '--env-prefix', 'SCHOOL_', '--env-file', join(folder, '.env')]
    const { code, out, err } = await runCommand(argv)
    rmSync(folder, { recursive: true })

    expect(out).toMatch(/^eyJ/)
    expect(err).toContain('chmod 600')
    expect(code).toBe(0)
  })

  it('refuses to make one out of a ready-made one', async () => {
    const { code, out, err } = await runCommand(['client-secret'], { env: withSecret(makeSecret()) })

    expect(err).toMatch(/^APPLE_CLIENT_SECRET is set: it is a client secret already, and there is no key in it/)
    expect([code, out]).toEqual([1, ''])
  })

  it('lists what is missing or wrong', async () => {
    const { code, out, err } = await runCommand(['client-secret'], { env: { APPLE_KEY_ID: 'K' } })

    expect(err).toMatch(/^There is no client secret to be made:\n {2}APPLE_CLIENT_ID is missing: .*\n/)
    expect(err).toMatch(/\n {2}APPLE_KEY_ID must be the ten characters/)
    expect(err).toContain(
      '\n  APPLE_PRIVATE_KEY is missing: give the .p8 there, or its path as APPLE_PRIVATE_KEY_FILE.\n',
    )
    expect([code, out]).toEqual([1, ''])
  })
})
