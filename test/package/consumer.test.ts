import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import request from 'supertest'
import { createAppleSimulator } from '../../src/simulator/index.js'

/** A whole login in a consumer's own process, which then has to end by itself: no timer or socket may hold it. */
const login = readFileSync(resolve('test/package/whole-login.txt'), 'utf8')

/** The README's TypeScript, block by block. */
const examples = [...readFileSync('README.md', 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** What only a store by URL needs; this consumer goes without. */
const optional = ['keyv', '@keyv', 'pg']

let folder: string

// Packing builds first.
jest.setTimeout(120_000)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'consumer-'))
  // .ci/run has built it just before.
  const build = process.env.CI === 'true' && existsSync('dist/index.js') ? ['--ignore-scripts'] : []
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder, ...build], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
  const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('['))) as [{ filename: string }]
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync('node_modules')) {
    if (!name.startsWith('.') && !optional.includes(name))
      symlinkSync(resolve('node_modules', name), join(modules, name))
  }
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder])
  execFileSync('mv', [join(folder, 'package'), join(modules, 'express-apple-auth')])
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function run(file: string, content: string): string {
  writeFileSync(join(folder, file), content)
  const flags = ['--throw-deprecation', '--unhandled-rejections=strict']
  return execFileSync(process.execPath, [...flags, file], {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 60_000,
  })
}

describe('the packed package', () => {
  it('serves a whole login as an ES module, without deprecations, and lets the process end', () => {
    const imports = `
      import express from 'express'
      import session from 'express-session'
      import { appleAuth, requireAppleAuth } from 'express-apple-auth'
      import { createAppleSimulator } from 'express-apple-auth/simulator'`
    expect(run('login.mjs', `${imports}\n${login}`)).toBe('signed in and out\n')
  })

  it('serves one by require()', () => {
    const imports = `
      const express = require('express')
      const session = require('express-session')
      const { appleAuth, requireAppleAuth } = require('express-apple-auth')
      const { createAppleSimulator } = require('express-apple-auth/simulator')`
    // Node 20 says on stderr that require() of ES modules is experimental; that warning is no deprecation.
    expect(run('login.cjs', `${imports}\n${login}`)).toBe('signed in and out\n')
  })

  it.each([
    ['redis://localhost', 'keyv @keyv/redis'],
    ['postgres://localhost', 'keyv @keyv/postgres pg'],
  ])('says which packages a store at %s needs', (url, packages) => {
    const script = `
      import { generateKeyPairSync } from 'node:crypto'
      import { appleAuth } from 'express-apple-auth'
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const apple = appleAuth({
        clientId: 'com.example.web',
        teamId: 'TEAM123456',
        keyId: 'KEY1234567',
        privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }),
        redirectUri: 'https://school.example/auth/apple/callback',
        store: '${url}',
      })
      process.on('warning', ({ code, message }) => console.log(code, message))
      await apple.connections.get('org-1').catch(({ code, status, message }) => console.log(code, status, message))`
    const advice = `The store (option store, APPLE_STORE_URL) cannot be loaded. It needs packages of its own: npm install ${packages}.`
    const lines = run('store.mjs', script).trim().split('\n').sort()
    expect(lines).toEqual([`APPLE_STORE ${advice}`, `ERR_APPLE_STORE 500 ${advice}`])
  })
})

describe('the README', () => {
  it('has examples that compile, strictly, for a consumer of the packed package', () => {
    expect(examples.length).toBeGreaterThan(5)
    const files = examples.map((code, index) => {
      const file = `example-${String(index)}.mts`
      writeFileSync(join(folder, file), code)
      return file
    })
    const options =
      '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2023 --types node'.split(' ')
    const compiler = [resolve('node_modules/typescript/bin/tsc'), ...options, '--ignoreConfig', ...files]
    expect(run('compile.mjs', runner(compiler))).toBe('')
  })

  it('has a first example that signs in a school', async () => {
    const simulator = createAppleSimulator()
    await simulator.listen()
    const port = String(await freePort())
    const url = `http://localhost:${port}`
    const client = simulator.createClient({
      service: 'account-data-sharing',
      redirectUris: [`${url}/auth/apple/callback`],
    })
    writeFileSync(join(folder, 'first.mts'), examples[0] ?? '')
    const app = spawn(process.execPath, ['--import', 'tsx', 'first.mts'], {
      cwd: folder,
      env: { ...process.env, ...client.environment, SESSION_SECRET: 'test', PORT: port },
      stdio: 'inherit',
    })
    try {
      await untilItListens(url)
      const visitor = request.agent(url)
      const begun = await visitor.get('/account').set('Accept', 'text/html')
      const agreed = await agree(simulator.url, begun.headers.location ?? '')
      const back = new URL(agreed)
      const finished = await visitor.get(`${back.pathname}${back.search}`)
      expect(finished.headers.location).toBe('/account')
      expect((await visitor.get('/account')).body.school.name).toBe('First School')
    } finally {
      app.kill()
      await simulator.close()
    }
  })
})

/** A script that runs another one and shows what it prints, whatever its exit code. */
function runner(command: string[]): string {
  return `import { spawnSync } from 'node:child_process'
    process.stdout.write(spawnSync(process.execPath, ${JSON.stringify(command)}, { encoding: 'utf8' }).stdout)`
}

/** Says yes on the simulator's consent page and gives the address that it sends the browser to. */
async function agree(simulatorUrl: string, authorizeUrl: string): Promise<string> {
  const consent = await (await fetch(authorizeUrl)).text()
  const action = /<form[^>]* action="([^"]+)"/.exec(consent)?.[1] ?? ''
  const person = /name="person" value="([^"]+)"[^>]*checked/.exec(consent)?.[1] ?? ''
  const answer = await fetch(new URL(action, simulatorUrl), {
    method: 'POST',
    body: new URLSearchParams({ person, decision: 'continue' }),
    redirect: 'manual',
  })
  return answer.headers.get('location') ?? ''
}

/** A port that nobody listens at just now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function untilItListens(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const listens = await fetch(url).then(
      () => true,
      () => false,
    )
    if (listens) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing listens at ${url}`)
}
