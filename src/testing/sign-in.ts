import type { SimulatorPerson, SimulatorRequest } from '../simulator/index.js'
import type { TestAgent } from './agent.js'
import { visitPage, type CookieAgent, type Visit, type Visited } from './agent-browser.js'
import { describeAnswer } from './app-answer.js'
import { isOurApple, otherApple, placeOf, type AppUnderTest } from './app-under-test.js'
import { answerConsent, type ConsentOptions } from './consent.js'
import { readSelfPostingForm } from './html-form.js'

/** How a person signs in. */
export interface SignInOptions extends ConsentOptions {
  /** A path that leads to Apple: the login route, or a page that asks for a login. Default: `/login` beside the callback. */
  readonly loginPath?: string
  /** Sent to the login route as `returnTo`. Default: none. */
  readonly returnTo?: string
}

const mostRedirects = 10

/**
 * Signs a person in through an agent, the whole way round; answers the path that the callback leads to.
 * @throws Error with what the app or Apple answered instead
 */
export async function signInAgent(
  app: AppUnderTest,
  agent: TestAgent,
  person: SimulatorPerson,
  options: SignInOptions,
): Promise<string> {
  requireJar(agent)
  const authorizeUrl = await beginLogin(app, agent, options)
  const earlier = new Set(app.simulator.requests)
  const callback = await answerConsent(app.simulator, authorizeUrl, person, options)
  const { visit, status, location, text } = await deliver(agent, callback)
  if (status >= 400) {
    const refusal = app.simulator.requests.find((request) => !earlier.has(request) && request.endpoint === 'token')
    throw new Error(`${lineOf(visit)} answered ${describeAnswer({ status, text })}${describeRefusal(refusal)}`)
  }
  // The callback's own query holds a code where Apple answers by GET.
  return location === undefined ? visit.url.pathname : placeOf(app, location)
}

async function beginLogin(app: AppUnderTest, agent: CookieAgent, options: SignInOptions): Promise<URL> {
  const { loginPath = app.loginPath, returnTo } = options
  const url = new URL(loginPath, app.redirectUri)
  if (returnTo !== undefined) url.searchParams.set('returnTo', returnTo)
  let visit: Visit = { method: 'GET', url, from: 'address bar' }
  for (let redirects = 0; redirects < mostRedirects; redirects++) {
    const visited = await visitPage(agent, visit)
    const { location } = visited
    if (location === undefined) throw notRedirected(visited)
    if (isOurApple(app, location)) return location
    const problem = otherApple(app, location)
    if (problem !== undefined) throw problem
    if (location.host !== app.redirectUri.host) {
      throw new Error(`${lineOf(visit)} sends people to ${location.origin}, which is neither the app nor Apple.`)
    }
    visit = { method: 'GET', url: location, from: 'app' }
  }
  throw new Error(`${lineOf({ method: 'GET', url })} leads from page to page, and not to Apple.`)
}

/** Brings Apple's answer to the app, and posts what its pages post by themselves. */
async function deliver(agent: CookieAgent, callback: Visit): Promise<Visited> {
  let visited = await visitPage(agent, callback)
  for (let pages = 0; pages < mostRedirects; pages++) {
    const form = visited.status === 200 ? readSelfPostingForm(visited.text) : undefined
    if (form === undefined) return visited
    const url = new URL(form.action, visited.visit.url)
    visited = await visitPage(agent, { method: 'POST', url, fields: form.fields, from: 'app' })
  }
  throw new Error(`${lineOf(visited.visit)} answers a page that posts itself, again and again.`)
}

function requireJar(agent: TestAgent): asserts agent is CookieAgent {
  if (agent.jar !== undefined) return
  throw new TypeError('signIn needs an agent, which keeps cookies: request.agent(app), not request(app).')
}

function notRedirected({ visit, status, text }: Visited): Error {
  const advice = status === 404 ? ' Mount the router there, or give loginPath.' : ''
  const answer = describeAnswer({ status, text })
  return new Error(`${lineOf(visit)} did not lead to Apple, but answered ${answer}${advice}`)
}

function describeRefusal(refusal: SimulatorRequest | undefined): string {
  if (refusal?.error === undefined) return ''
  return ` Apple's token endpoint had answered ${refusal.error}, because ${refusal.reason ?? 'of a fault'}.`
}

// Without the query, which holds a code where Apple answers by GET.
function lineOf({ method, url }: Pick<Visit, 'method' | 'url'>): string {
  return `${method} ${url.pathname}`
}
