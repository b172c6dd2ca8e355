import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { pack, unpack, unpackField } from '../../src/session/packed-text.js'

const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))

describe('pack', () => {
  it('gives back what was put in, in one text that JSON takes as it is', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1 }), (fields) => {
        const text = pack(fields)
        expect(unpack(text)).toEqual(fields)
        expect(JSON.stringify(text)).toBe(`"${text}"`)
        expect(text).not.toContain(' ')
      }),
    )
  })

  it('leaves tokens, ids and paths as they are', () => {
    expect(pack(['a.0b-_~', 1.5, '/path?q=1&r=(2)', ''])).toBe('a.0b-_~|1.5|/path?q=1&r=(2)|')
  })

  it('takes half a character for the sign of one that cannot be shown', () => {
    expect(unpack(pack(['\ud800x']))).toEqual(['\ufffdx'])
  })
})

describe('unpack', () => {
  it('says of what nothing packed that it is none', () => {
    expect(unpack('a|%|b')).toBeUndefined()
    expect(() => unpackField('%E0')).toThrow(URIError)
  })
})
