import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createAppleSimulator } from '../../../src/simulator/index.js'

const simulator = createAppleSimulator()

beforeAll(() => simulator.listen())
afterAll(() => simulator.close())

describe('home', () => {
  it('tells whoever opens the simulator’s address what it is', async () => {
    const answer = await fetch(simulator.url)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('<h1>Apple, simulated</h1>')
    expect(simulator.requests).toEqual([])
  })
})
