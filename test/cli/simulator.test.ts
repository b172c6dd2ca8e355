import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, describe, expect, it } from '@jest/globals'
import { diagnoseLive, type Ran, runCommand } from './run-command.js'

let stop = (): void => undefined
let running: Promise<Ran> | undefined

afterEach(async () => {
  stop()
  await running
  running = undefined
})

/** Starts the simulator; gives the variables that it prints once it listens. */
async function start(...argv: string[]): Promise<Record<string, string>> {
  const untilStopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  return await new Promise((resolve, reject) => {
    running = runCommand(['simulator', '--port', '0', ...argv], {
      untilStopped: () => untilStopped,
      heard(text) {
        resolve(parseEnv(text) as Record<string, string>)
      },
    })
    running.then(({ err }) => {
      reject(new Error(err))
    }, reject)
  })
}

describe('simulator', () => {
  it('prints an .env file with which an app can talk to it', async () => {
    const env = await start()

    expect(env).toMatchObject({
      APPLE_SERVICE: 'account-data-sharing',
      APPLE_CLIENT_ID: 'com.example.app',
      APPLE_REDIRECT_URI: 'http://localhost:3000/auth/apple/callback',
      APPLE_PRIVATE_KEY_FILE: '',
      APPLE_CLIENT_SECRET: '',
    })
    expect(env.APPLE_BASE_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const diagnosis = await diagnoseLive({ ...env, APPLE_HTTP_TIMEOUT_MS: '20000' })
    expect(diagnosis.one('apple-credentials')).toMatchObject({ status: 'ok' })
    expect(diagnosis.one('apple-authorize')).toMatchObject({ status: 'ok' })
  })

  it('says on stderr where to look and how to stop it, and ends with 0', async () => {
    const { APPLE_BASE_URL: url = '' } = await start()
    stop()
    const { code, err, out } = (await running) as Ran

    expect(out).toMatch(new RegExp(`^# Apple, simulated, at ${url}\n`))
    expect(err).toContain(`Open ${url}`)
    expect(err).toContain('with the variables that were printed on stdout')
    expect(err).toContain('Ctrl-C stops the simulator.')
    expect(code).toBe(0)
    await expect(fetch(url)).rejects.toThrow()
  })

  it('registers the app that it is told of', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
    const state = join(folder, 'state.json')
    const env = await start(
      ...['--service', 'sign-in-with-apple', '--client-id', 'com.example.mine', '--host', 'localhost'],
      ...[
        '--redirect-uri',
        'https://school.example/one/callback',
        '--redirect-uri',
        'https://school.example/two/callback',
      ],
      ...['--notification-url', 'http://localhost:1/notifications', '--env-prefix', 'MINE_'],
      ...['--state-file', state, '--school-size', '7', '--allow-in-production'],
    )

    expect(env).toMatchObject({
      MINE_SERVICE: 'sign-in-with-apple',
      MINE_CLIENT_ID: 'com.example.mine',
      MINE_REDIRECT_URI: 'https://school.example/one/callback',
    })
    expect(env.MINE_BASE_URL).toMatch(/^http:\/\/localhost:/)
    expect(existsSync(state)).toBe(true)
    rmSync(folder, { recursive: true })
  })

  it('explains a port that is in use', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { code, err, out } = await runCommand(['simulator', '--port', String(port)])
    server.close()

    expect(err).toMatch(
      new RegExp(`^Port ${String(port)} is already in use: .* --port 3101, or any free one with --port 0`),
    )
    expect([code, out]).toEqual([1, ''])
  })

  it('explains a state file that cannot be used', async () => {
    const { code, err } = await runCommand(['simulator', '--port', '0', '--state-file', '/nowhere/state.json'])

    expect(err).toMatch(/state\.json/)
    expect(code).toBe(1)
  })

  it('does not start in production', async () => {
    const { code, err } = await runCommand(['simulator', '--port', '0'], { env: { NODE_ENV: 'production' } })

    expect(err).toMatch(/does not start with NODE_ENV=production\. Give --allow-in-production/)
    expect(code).toBe(1)
  })
})
