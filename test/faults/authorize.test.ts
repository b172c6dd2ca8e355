import { describe, expect, it } from '@jest/globals'
import { withClockAhead } from '../support/clock.js'
import { expectRefused, expectSignedOut } from '../support/expect-refused.js'
import { beginLogin, postCallback, signIn, stateOf } from '../support/login-steps.js'
import { useApple } from '../support/use-apple.js'
import { tryAgain } from './fail-login.js'
import { lastError, listen } from './operator.js'

const { apple, startApp } = useApple()

// The browser opens this endpoint, and nobody here sees how it fails: only what comes back, if anything does.
describe('a login while the authorize endpoint', () => {
  it.each(['server_error', 'temporarily_unavailable', 'invalid_request'])(
    'sends the browser back with %s: fails, and the next one works',
    async (appleError) => {
      const app = await startApp()
      const heard = listen(app.apple)
      const visitor = app.visitor()
      const fields = { state: stateOf(await beginLogin(visitor)), error: appleError }
      const answer = await postCallback(visitor, fields)

      await expectRefused(answer, visitor, 'ERR_APPLE_AUTHORIZATION')
      expect(answer.body).toEqual({ code: 'ERR_APPLE_AUTHORIZATION', say: tryAgain })

      const error = lastError(app)
      expect(error.details).toEqual({ appleError })
      expect(heard).toEqual([{ name: 'login_failed', payload: { error } }])

      expect(apple.requests).toEqual([])
      const again = await postCallback(visitor, { code: 'a code', state: fields.state })
      expect(again.body.code).toBe('ERR_APPLE_STATE')
      expect((await signIn(apple, visitor)).status).toBe(303)
    },
  )

  it('sends nobody back: nothing is heard, and the login can be finished for a quarter of an hour', async () => {
    const app = await startApp()
    const heard = listen(app.apple)
    const visitor = app.visitor()
    const [early, late] = [await beginLogin(visitor), await beginLogin(visitor)]
    await expectSignedOut(visitor)
    expect([heard, app.errors, apple.requests]).toEqual([[], [], []])

    await withClockAhead(16 * 60, async () => {
      const answer = await postCallback(visitor, { code: apple.issueCode(late), state: stateOf(late) })
      await expectRefused(answer, visitor, 'ERR_APPLE_STATE')
    })
    await withClockAhead(14 * 60, async () => {
      const answer = await postCallback(visitor, { code: apple.issueCode(early), state: stateOf(early) })
      expect(answer.status).toBe(303)
    })
  })
})
