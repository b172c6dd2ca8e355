import { request } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../src/simulator/index.js'

let simulator: AppleSimulator | undefined
afterEach(() => simulator?.close())

/** The status of a request under another name than the address it goes to, as after DNS rebinding. */
function statusUnder(host: string, path: string, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host, origin: `http://${host}`, 'content-type': 'application/x-www-form-urlencoded' }
    request(`${simulator?.url ?? ''}${path}`, { method, headers }, (answer) => {
      answer.destroy()
      resolve(answer.statusCode)
    })
      .once('error', reject)
      .end()
  })
}

describe('the simulator’s own server', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/simulator/exchanges'],
    ['GET', '/simulator/parts'],
    ['POST', '/simulator/rotate-keys'],
    ['POST', '/simulator/fail'],
    ['GET', '/auth/authorize'],
    ['GET', '/auth/keys'],
  ])('refuses %s %s under a name that somebody has led to this machine', async (method, path) => {
    simulator = createAppleSimulator()
    const { port } = new URL(await simulator.listen())
    for (const name of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
      expect(await statusUnder(`${name}:${port}`, path, method)).toBe(403)
    }
  })

  it.each(['localhost', '127.0.0.1', '127.0.0.2:3001', '[::1]:3001', 'app.localhost', 'apple.example'])(
    'answers under %s',
    async (host) => {
      const { port } = new URL(await listenUnderBaseUrl())
      expect(await status(port, host)).toBe(200)
    },
  )
})

/** Where it really listens; `url` is its baseUrl here. */
async function listenUnderBaseUrl(): Promise<string> {
  simulator = createAppleSimulator({ baseUrl: 'https://apple.example' })
  const free = createAppleSimulator()
  const url = await free.listen()
  await free.close()
  await simulator.listen({ port: Number(new URL(url).port) })
  return url
}

function status(port: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`http://127.0.0.1:${port}/auth/keys`, { headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .once('error', reject)
      .end()
  })
}
