import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { AppleAtHome, appleUrl } from './apple-at-home.js'

// Processes of their own start first.
jest.setTimeout(60_000)

/** Asks for each URL by fetch and by http(s), and for a port by net; prints what came of it. */
const script = `
  const http = require('node:http')
  const https = require('node:https')
  const net = require('node:net')
  const byFetch = (url) => fetch(url).then(({ status }) => status, ({ cause }) => cause.code ?? cause.message)
  const byRequest = (url) => new Promise((resolve) => {
    const library = url.startsWith('https') ? https : http
    library.get(url, (answer) => resolve(answer.resume().statusCode)).on('error', ({ code, message }) => resolve(code ?? message))
  })
  const byNet = (...where) => new Promise((resolve) => {
    const socket = net.connect(...where, () => socket.end(() => resolve('connected')))
    socket.on('error', ({ message }) => resolve(message))
  })
  const [apple, plain] = process.argv.slice(1)
  const { port } = new URL(plain)
  Promise.all([
    byFetch(apple + '/auth/keys'), byRequest(apple + '/auth/keys'),
    byFetch(plain + '/auth/keys'), byRequest(plain + '/auth/keys'), byNet(Number(port), '127.0.0.1'), byNet({ port }),
    byFetch('https://app.example'), byRequest('http://app.example'), byNet(443, 'app.example'), byNet(8443, 'appleid.apple.com'),
  ]).then((results) => console.log(JSON.stringify(results)))`

describe('a process that is led to the Apple on this machine', () => {
  let apple: AppleAtHome

  beforeAll(async () => {
    apple = await AppleAtHome.start()
  })
  afterAll(() => apple.stop())

  async function run(environment: Record<string, string>): Promise<unknown[]> {
    const flags = ['--import', 'tsx', '--import', join(__dirname, 'route-to-apple.ts')]
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', script, appleUrl, apple.plainUrl], {
      cwd: join(__dirname, '../..'),
      env: { PATH: process.env.PATH, APPLE_AT_HOME_PORT: String(apple.tlsPort), ...environment },
    })
    return JSON.parse(stdout) as unknown[]
  }

  const noOther = ['app.example', 'app.example', 'app.example', 'appleid.apple.com'].map(
    (host) => `No connection to ${host} leaves this machine.`,
  )

  it('reaches it under Apple’s name, and what is on this machine, and nothing else', async () => {
    const results = await run({ NODE_EXTRA_CA_CERTS: apple.certificate.file })
    expect(results).toEqual([200, 200, 200, 200, 'connected', 'connected', ...noOther])
  })

  it('still asks it for a certificate that somebody vouches for', async () => {
    const results = await run({})
    expect(results.slice(0, 4)).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT', 'DEPTH_ZERO_SELF_SIGNED_CERT', 200, 200])
  })
})
