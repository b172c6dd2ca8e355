import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { variableNames } from '../../src/config/options.js'

jest.setTimeout(30_000)

/** Empty is absent, and keeps the values of a developer's own .env out. */
const nothing = Object.fromEntries(
  [...Object.values(variableNames).flatMap((name) => (name === undefined ? [] : `APPLE_${name}`))].map((name) => [
    name,
    '',
  ]),
)
const withApple = {
  APPLE_CLIENT_ID: 'com.example.web',
  APPLE_TEAM_ID: 'TEAM123456',
  APPLE_KEY_ID: 'KEY1234567',
  APPLE_REDIRECT_URI: 'https://school.example/auth/apple/callback',
}
const running: ChildProcess[] = []

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** Starts the example as `npm start` does, but from the sources: the root's tsconfig leads to src instead of dist. */
function start(environment: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'example-app/start.ts'], {
    env: {
      ...{
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        PORT: '0',
        SIMULATOR_PORT: '0',
        SESSION_SECRET: '',
        TRUST_PROXY: '',
      },
      ...nothing,
      ...environment,
    },
  })
  running.push(child)
  let text = ''
  const collect = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return { child, output: () => text }
}

async function failure(environment: Record<string, string>): Promise<string> {
  const { child, output } = start(environment)
  const [code] = (await once(child, 'close')) as [number | null]
  expect({ code, output: output() }).toMatchObject({ code: 1 })
  return output().trim()
}

describe('npm start without APPLE_CLIENT_ID', () => {
  it.each([
    ['sign-in-with-apple', 'Sign in with Apple', '/auth/authorize'],
    ['account-data-sharing', 'Connect your school', '/auth/oauth2/v2/authorize'],
  ])('runs with the simulator for %s until it is told to stop', async (service, label, authorizePath) => {
    const { child, output } = start({ APPLE_SERVICE: service })
    while (!output().includes('Ctrl-C')) await once(child.stdout ?? child, 'data')
    const [url = '', simulatorUrl = ''] = output().match(/http:\/\/[\w.]+:\d+/g) ?? []
    expect([url, simulatorUrl]).toEqual([expect.stringContaining('localhost'), expect.stringContaining('127.0.0.1')])
    expect(await (await fetch(url)).text()).toContain(label)
    const login = await fetch(`${url}/auth/apple/login`, { redirect: 'manual' })
    expect(login.headers.get('location')).toMatch(`${simulatorUrl}${authorizePath}?`)
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([0, null])
  })
})

describe('npm start with a mistake', () => {
  it.each([
    ['a PORT that is none', { PORT: 'abc' }, 'PORT must be a whole number'],
    ['a SIMULATOR_PORT that is none', { SIMULATOR_PORT: '70000' }, 'SIMULATOR_PORT must be a whole number'],
    ['an unknown service', { APPLE_SERVICE: 'nonsense' }, 'APPLE_SERVICE must be sign-in-with-apple or'],
    ['the simulator in production', { NODE_ENV: 'production' }, 'APPLE_CLIENT_ID is missing'],
  ])('says in one line what is wrong with %s', async (_what, environment, sentence) => {
    const output = await failure(environment)
    expect(output).toContain(sentence)
    expect(output.split('\n')).toHaveLength(1)
  })

  it.each(['PORT', 'SIMULATOR_PORT'])('names %s when that port is in use', async (variable) => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, variable === 'PORT' ? 'localhost' : '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const output = await failure({ [variable]: String(port) })
    expect(output).toBe(
      `Port ${String(port)} is already in use: set ${variable} to another one, such as ${variable}=3100.`,
    )
    other.close()
  })

  it("prints the package's own message alone when the configuration is wrong", async () => {
    const output = await failure(withApple)
    expect(output).toMatch(/^express-apple-auth cannot start: 1 to mend\.\n {2}- APPLE_PRIVATE_KEY .*$/)
  })
})

describe('npm start with APPLE_CLIENT_ID', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { APPLE_PRIVATE_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }

  it('wants a SESSION_SECRET', async () => {
    expect(await failure({ ...withApple, ...key })).toMatch(/^SESSION_SECRET is missing: .*$/)
  })

  it('says that Apple needs https and a proxy', async () => {
    const { child, output } = start({ ...withApple, ...key, SESSION_SECRET: 'test' })
    while (!output().includes('Ctrl-C')) await once(child.stdout ?? child, 'data')
    expect(output()).toContain('Open https://school.example in a browser.')
    expect(output()).toContain('talks to Apple')
    expect(output()).toContain('Set TRUST_PROXY=1')
  })
})
