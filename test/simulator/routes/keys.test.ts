import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { decodeIdToken, fetchKeys, isSigned } from '../support/id-token.js'

describe('keysEndpoint', () => {
  let simulator: AppleSimulator

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
  })

  afterEach(() => simulator.close())

  const kids = async (path?: string) => (await fetchKeys(simulator, path)).map(({ kid }) => String(kid))

  it('shows three RSA keys of 2048 bits, the same ones to both services', async () => {
    const keys = await fetchKeys(simulator)
    expect(keys).toHaveLength(3)
    for (const key of keys) {
      expect(key).toEqual({
        ...{ kty: 'RSA', use: 'sig', alg: 'RS256', e: 'AQAB' },
        kid: expect.stringMatching(/^[A-Za-z0-9]{10}$/),
        n: expect.stringMatching(/^[A-Za-z0-9_-]{342}$/),
      })
    }
    expect((await kids('/auth/oauth2/v2/keys')).sort()).toEqual((await kids()).sort())
  })

  it('does not keep the order', async () => {
    expect(await kids()).not.toEqual(await kids())
  })

  it('signs with all of them', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    const home = personId(simulator, 'Home User')
    const seen = new Set<unknown>()
    for (let attempt = 0; attempt < 60 && seen.size < 3; attempt++) {
      seen.add(decodeIdToken((await app.signIn(home)).id_token).header.kid)
    }
    expect([...seen].sort()).toEqual((await kids()).sort())
  })

  it('lets a new key in and the oldest out when rotated, for this simulator only', async () => {
    const other = createAppleSimulator()
    await other.listen()
    const before = await kids()
    const app = new App(simulator, 'sign-in-with-apple')
    const home = personId(simulator, 'Home User')
    await simulator.rotateKeys()
    const after = await kids()
    expect(after).toHaveLength(3)
    expect(after.filter((kid) => before.includes(kid))).toHaveLength(2)
    expect(await isSigned(simulator, (await app.signIn(home)).id_token)).toBe(true)
    expect((await fetchKeys(other)).map(({ kid }) => String(kid)).sort()).toEqual([...before].sort())
    await Promise.all([simulator.rotateKeys(), simulator.rotateKeys()])
    expect((await kids()).filter((kid) => before.includes(kid))).toEqual([])
    await other.close()
  })
})
