import { describe, expect, it } from '@jest/globals'
import * as imported from '../../src/index.js'
import { beginLogin, postCallback } from '../support/login-steps.js'
import { useApple } from '../support/use-apple.js'
import * as naive from './index.js'

const { apple, startApp } = useApple()

// For `npm run test:naive` alone, whose figures mean nothing unless this passes.
describe('the naive copy stands in the package’s place', () => {
  it('where tests import it, with the errors of the package', () => {
    expect(imported.appleAuth).toBe(naive.appleAuth)
    expect(imported.AppleStateError).toBe(naive.AppleStateError)
  })

  it('where the test app logs in: no state, a forged nonce, and the callback takes it', async () => {
    const visitor = (await startApp()).visitor()
    const code = apple.issueCode(await beginLogin(visitor, '/private'), { claims: { nonce: 'forged' } })
    const { status, headers } = await postCallback(visitor, { code })
    expect([status, headers.location]).toEqual([303, '/private'])
  })
})
