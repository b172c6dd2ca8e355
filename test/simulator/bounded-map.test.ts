import { describe, expect, it } from '@jest/globals'
import { BoundedMap } from '../../src/simulator/bounded-map.js'

describe('BoundedMap', () => {
  it('forgets its oldest entry when it is full', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1).set('b', 2).set('b', 3).set('c', 4)
    expect([...map]).toEqual([
      ['b', 3],
      ['c', 4],
    ])
  })
})
