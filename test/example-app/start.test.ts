import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { variableNames } from '../../src/config/options.js'
import { newDataDir } from './example.js'

jest.setTimeout(30_000)

/** Empty is absent, and keeps the values of a developer's own .env out. */
const nothing = Object.fromEntries(
  Object.values(variableNames)
    .flatMap((name) => (name === undefined ? [] : [`APPLE_${name}`, `APPLE_SCHOOL_${name}`]))
    .concat('SESSION_SECRET', 'TRUST_PROXY', 'REDIS_URL', 'DATABASE_URL', 'SIMULATOR_SCHOOL_SIZE')
    .map((name) => [name, '']),
)
const withApple = {
  APPLE_CLIENT_ID: 'com.example.web',
  APPLE_TEAM_ID: 'TEAM123456',
  APPLE_KEY_ID: 'KEY1234567',
  APPLE_REDIRECT_URI: 'https://school.example/auth/apple/callback',
}
const running: ChildProcess[] = []
let dataDir: string

beforeEach(() => {
  dataDir = newDataDir()
})
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  }
  rmSync(dataDir, { recursive: true })
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
        DATA_DIR: dataDir,
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

/** Waits until it says how to stop it, and gives the addresses that it prints. */
async function addresses({ child, output }: ReturnType<typeof start>): Promise<[string, string]> {
  while (!output().includes('Ctrl-C')) await once(child.stdout ?? child, 'data')
  const [url = '', simulatorUrl = ''] = output().match(/http:\/\/[\w.]+:\d+/g) ?? []
  return [url, simulatorUrl]
}

describe('npm start without APPLE_CLIENT_ID', () => {
  it('runs with the simulator for people and for schools until it is told to stop', async () => {
    const started = start({})
    const [url, simulatorUrl] = await addresses(started)
    expect([url, simulatorUrl]).toEqual([expect.stringContaining('localhost'), expect.stringContaining('127.0.0.1')])
    expect(await (await fetch(url)).text()).toMatch(/Sign in with Apple[^]*Connect or manage your school/)
    for (const [name, path] of [
      ['apple', '/auth/authorize'],
      ['school', '/auth/oauth2/v2/authorize'],
    ]) {
      const login = await fetch(`${url}/auth/${String(name)}/login`, { redirect: 'manual' })
      expect(login.headers.get('location')).toMatch(`${simulatorUrl}${String(path)}?`)
    }
    started.child.kill('SIGINT')
    expect(await once(started.child, 'close')).toEqual([0, null])
  })

  it('keeps the secret of the first start, for nobody else to read', async () => {
    const file = join(dataDir, 'session-secret')
    const secrets: string[] = []
    for (let starts = 0; starts < 2; starts++) {
      const started = start({})
      await addresses(started)
      started.child.kill('SIGTERM')
      expect(await once(started.child, 'close')).toEqual([0, null])
      expect(statSync(file).mode & 0o777).toBe(0o600)
      secrets.push(readFileSync(file, 'utf8'))
    }
    expect(secrets[0]).toHaveLength(43)
    expect(secrets[1]).toBe(secrets[0])
  })
})

describe('npm start with a mistake', () => {
  it.each([
    ['a PORT that is none', { PORT: 'abc' }, 'PORT must be a whole number'],
    ['a SIMULATOR_PORT that is none', { SIMULATOR_PORT: '70000' }, 'SIMULATOR_PORT must be a whole number'],
    ['variables for schools alone', { APPLE_SCHOOL_CLIENT_ID: 'com.example.school' }, 'APPLE_CLIENT_ID is not'],
    ['one variable for schools alone', { APPLE_SCHOOL_TEAM_ID: 'TEAM123456' }, 'APPLE_SCHOOL_TEAM_ID is set and'],
    ['a school size that is none', { SIMULATOR_SCHOOL_SIZE: '1e3' }, 'SIMULATOR_SCHOOL_SIZE must be a whole number'],
    ['two databases', { REDIS_URL: 'redis://one', DATABASE_URL: 'postgres://two' }, 'REDIS_URL and DATABASE_URL'],
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
    expect(output).toMatch(/^express-apple-auth cannot start: 1 mistake\.\n {2}- APPLE_PRIVATE_KEY .*$/)
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
