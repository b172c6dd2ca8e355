import type { IdTokenParts, LoopbackApple } from '../support/loopback-apple.js'
import type { Answer, Browser } from './browser.js'

/** How a login went. */
export interface Walk {
  /** Steps taken again because a node was gone, new beginnings included. */
  readonly retries: number
  /** Logins begun anew because the node that was gone had used up the code, or the session. */
  readonly restarts: number
  /** The nodes that answered the first and the last step. */
  readonly begunOn: string
  readonly finishedOn: string
}

const maxRetries = 30

/** A step was answered with something else than the next step, and no node was gone to explain it. */
export class WalkError extends Error {
  constructor(
    step: string,
    readonly answer: Answer,
  ) {
    super(`${step} answered ${String(answer.status)}: ${answer.text.slice(0, 200)}`)
  }
}

/**
 * Signs in from beginning to end as a person would, who presses Reload when a page does not come.
 *
 * A form that broke off is sent again with the same code; when that is refused, the person begins again.
 *
 * @throws WalkError when a step is refused that met no dead node
 */
export async function walkLogin(
  browser: Browser,
  apple: LoopbackApple,
  idToken: IdTokenParts | 'none',
  instance: 'apple' | 'school' = 'apple',
): Promise<Walk> {
  let retries = 0
  let restarts = 0
  const patiently = async (open: () => Promise<Answer>): Promise<{ answer: Answer; broke: boolean }> => {
    for (let broke = false; ; broke = true) {
      const answer = await open()
      if (!isNobodyThere(answer) || retries >= maxRetries) return { answer, broke }
      retries++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  for (;;) {
    const { answer: begun } = await patiently(() => browser.get(`/auth/${instance}/login?returnTo=/me`))
    if (begun.status !== 302) throw new WalkError('/login', begun)
    const authorizeUrl = new URL(begun.headers.location ?? '')
    const fields = { code: apple.issueCode(authorizeUrl, idToken), state: authorizeUrl.searchParams.get('state') ?? '' }
    const path = `/auth/${instance}/callback`
    const { answer: finished, broke } = await patiently(() =>
      instance === 'apple'
        ? browser.post(path, fields)
        : browser.get(`${path}?${new URLSearchParams(fields).toString()}`),
    )
    if (finished.status === 303) return { retries, restarts, begunOn: nodeOf(begun), finishedOn: nodeOf(finished) }
    if (!broke || finished.status !== 400) throw new WalkError('/callback', finished)
    retries++
    restarts++
  }
}

/** The name of the node that answered. */
export function nodeOf({ headers }: Answer): string {
  return String(headers['x-node'] ?? 'none')
}

/** Did the proxy, or nobody at all, answer? */
export function isNobodyThere({ status }: Answer): boolean {
  return status === 0 || status === 502
}
