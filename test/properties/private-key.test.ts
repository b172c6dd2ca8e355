import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { privateKey } from '../../src/config/private-key.js'
import { configure, good } from '../config/environment.js'
import { goodKey, spoiltKey, strangeKey } from './key-spellings.js'
import { outcomeOf, showsPartOf } from './outcome.js'
import { runs } from './runs.js'

/** Does it sign what its public part verifies? */
function isPair(key: KeyObject): boolean {
  const text = Buffer.from('x')
  return verify('sha256', text, createPublicKey(key), sign('sha256', text, key))
}

describe('appleAuth({ privateKey }) with a good key', () => {
  it('takes it in every spelling, from the option and from the variable', () => {
    const property = fc.property(goodKey, ({ text }) => {
      expect(() => configure({ ...good, privateKey: text })).not.toThrow()
      expect(() => configure({ ...good, privateKey: undefined }, { APPLE_PRIVATE_KEY: text })).not.toThrow()
    })
    fc.assert(property, runs(400))
  })

  it('reads that very key', () => {
    const property = fc.property(goodKey, ({ text, body }) => {
      const key = privateKey(text, (problem) => {
        throw new Error(problem)
      })
      const expected = createPrivateKey({ key: Buffer.from(body, 'base64'), format: 'der', type: 'pkcs8' })
      expect(key?.equals(expected)).toBe(true)
    })
    fc.assert(property, runs(400))
  })
})

describe('appleAuth({ privateKey }) with any other key', () => {
  const other = fc.oneof(spoiltKey, strangeKey)

  it('takes it or lists it as the one problem, and shows nothing of it', () => {
    const property = fc.property(other, ({ text, body }) => {
      const outcome = outcomeOf({ ...good, privateKey: text })
      expect(outcome.wrong).toEqual(outcome.isTaken ? [] : ['privateKey'])
      expect(showsPartOf(outcome, body)).toBe(false)
    })
    fc.assert(property, runs(400))
  })

  it('takes none that signs nothing (catalogue row 111: fails at the start, not at the first login)', () => {
    const property = fc.property(other, ({ text }) => {
      const key = privateKey(text, () => undefined)
      expect(key === undefined || isPair(key)).toBe(true)
    })
    fc.assert(property, runs(400))
  })

  it('shows nothing of it where it is given as something else', () => {
    const option = fc.constantFrom('clientId', 'teamId', 'keyId', 'redirectUri', 'scope', 'privateKeyFile', 'store')
    const property = fc.property(fc.oneof(goodKey, other), option, ({ text, body }, name) => {
      expect(showsPartOf(outcomeOf({ ...good, privateKey: undefined, [name]: text }), body)).toBe(false)
    })
    fc.assert(property, runs(300))
  })
})
