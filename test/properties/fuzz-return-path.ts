import { FuzzApp } from './fuzz-app.js'
import { FuzzFailure, type FuzzTarget, harmlessStatus, workers } from './fuzz-target.js'
import { callbackPath } from './resolved-answer.js'
import { anyPath } from './return-paths.js'

const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }

/** The return path of /login. The login is cancelled at once: the app is then told where it would have led. */
export async function createReturnPathTarget(): Promise<FuzzTarget<string>> {
  const app = await FuzzApp.start()
  const { url, apple } = app.app
  const browsers = Array.from({ length: workers }, () => app.browser())
  const astray: string[] = []
  apple.on('login_cancelled', ({ returnTo }) => {
    const { origin, pathname } = new URL(returnTo, url)
    if (origin !== url || /^\/auth\/apple\/(login|logout|callback)\/*$/i.test(pathname)) astray.push(returnTo)
  })

  return {
    name: 'return path',
    inputs: anyPath,
    signIns: () => app.signIns,
    stop: () => app.stop(),

    async send(returnTo, worker) {
      const browser = browsers[worker] ?? app.browser()
      const query = new URLSearchParams({ returnTo }).toString()
      const answer = await browser.send({ path: `/auth/apple/login?${query}` })
      const status = harmlessStatus(answer)
      // Longer than Node lets headers be: nothing has begun.
      if (answer.status !== 302) return status
      const state = new URL(answer.headers.location ?? '').searchParams.get('state') ?? ''
      const body = new URLSearchParams({ state, error: 'user_cancelled_authorize' }).toString()
      const cancelled = await browser.send({ method: 'POST', path: callbackPath, headers: form, body })
      if (cancelled.status !== 303) throw new FuzzFailure(`cancelling answered ${harmlessStatus(cancelled)}`)
      const elsewhere = astray.pop()
      if (elsewhere !== undefined) throw new FuzzFailure(`a login would have led to ${JSON.stringify(elsewhere)}`)
      return status
    },
  }
}
