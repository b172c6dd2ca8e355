import { describeAnswer } from './app-answer.js'
import { isOurApple, otherApple, type AppUnderTest } from './app-under-test.js'
import { refusedRequest } from './consent.js'
import type { TestPage, TestPageResponse } from './page.js'

/**
 * Runs something in a page and rejects as soon as the app or Apple answers so that it cannot succeed, instead of
 * waiting for Playwright's timeout.
 */
export async function watchPage<Result>(
  app: AppUnderTest,
  page: TestPage,
  run: (begin: (url: URL) => void) => Promise<Result>,
): Promise<Result> {
  let begun: URL | undefined
  let listener: (response: TestPageResponse) => void = () => undefined
  const refused = new Promise<never>((_resolve, reject) => {
    listener = (response) => {
      problemOf(app, response, begun).then((problem) => {
        if (problem !== undefined) reject(problem)
      }, reject)
    }
  })
  page.on('response', listener)
  const done = run((url) => (begun = url))
  // Whichever comes second is nobody's.
  refused.catch(() => undefined)
  done.catch(() => undefined)
  try {
    return await Promise.race([done, refused])
  } finally {
    page.off('response', listener)
  }
}

async function problemOf(
  app: AppUnderTest,
  response: TestPageResponse,
  begun: URL | undefined,
): Promise<Error | undefined> {
  const url = new URL(response.url())
  const status = response.status()
  if (status >= 300 && status < 400) {
    const { location = '' } = response.headers()
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
    return next === undefined || isOurApple(app, next) ? undefined : otherApple(app, next)
  }
  if (status < 400) return undefined
  if (isOurApple(app, url)) return url.pathname.endsWith('/authorize') ? refusedRequest(app.simulator) : undefined
  const isOurs = isSamePage(url, app.redirectUri) || (begun !== undefined && isSamePage(url, begun))
  if (!isOurs) return undefined
  const text = await response.text().catch(() => '')
  return new Error(`${url.pathname} answered ${describeAnswer({ status, text })}`)
}

function isSamePage(one: URL, other: URL): boolean {
  return one.host === other.host && one.pathname === other.pathname
}
