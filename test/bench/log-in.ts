import { Agent, get } from 'node:http'
import type { LoopbackApple } from '../support/loopback-apple.js'
import { NotMeasured, type SignedIn } from './load.js'
import { subOf } from './servers/person.js'

/** Where browsers sign in. */
export interface Site {
  /** What errors call it. */
  readonly name: string
  readonly origin: string
  readonly loginPath: string
}

interface Answer {
  readonly status: number
  readonly location: string
  /** What the browser sends back. */
  readonly cookie: string
  readonly body: string
}

/** Logins under way at a time. */
const atATime = 4
const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }

/**
 * Signs persons in at Apple, from the login route to the callback, each with a browser that has never been there.
 *
 * @throws NotMeasured when a step is not answered as it should
 */
export async function logIn(apple: LoopbackApple, site: Site, persons: readonly number[]): Promise<SignedIn[]> {
  // A new one each time: a server closes connections that rest until its turn comes again.
  const agent = new Agent({ keepAlive: true })
  const signedIn: SignedIn[] = []
  const waiting = persons.values()
  async function workOff(): Promise<void> {
    // All workers take from one iterator.
    for (const person of waiting) signedIn.push(await logInOne(apple, site, agent, person))
  }
  try {
    await Promise.all(Array.from({ length: atATime }, workOff))
  } finally {
    agent.destroy()
  }
  return signedIn
}

/** Opens the guarded page. @throws NotMeasured when it does not know who is signed in */
export async function checkSignedIn({ name, origin }: Site, { cookie, sub }: SignedIn): Promise<void> {
  const { status, body } = await open(name, false, `${origin}/guarded`, cookie)
  if (status !== 200 || body !== JSON.stringify({ sub })) {
    throw new NotMeasured(`${name}: /guarded answered ${String(status)} to who is signed in: ${body}`)
  }
}

async function logInOne(apple: LoopbackApple, site: Site, agent: Agent, person: number): Promise<SignedIn> {
  const { name, origin, loginPath } = site
  const sub = subOf(person)
  const login = await open(name, agent, `${origin}${loginPath}`)
  const [authorizePage] = login.location.split('?')
  if (login.status !== 302 || authorizePage !== `${apple.url}/auth/authorize`) throw unexpected(name, 'login', login)
  const authorize = new URL(login.location)
  const callback = new URL(authorize.searchParams.get('redirect_uri') ?? '', origin)
  if (callback.origin !== origin) throw unexpected(name, 'login', login)
  const code = apple.issueCode(authorize, { claims: { sub } })
  callback.search = new URLSearchParams({ code, state: authorize.searchParams.get('state') ?? '' }).toString()
  const end = await open(name, agent, callback.href, login.cookie)
  const isRedirect = end.status === 302 || end.status === 303
  if (!isRedirect || new URL(end.location, origin).href !== `${origin}/`) throw unexpected(name, 'callback', end)
  return { cookie: end.cookie, sub }
}

function unexpected(name: string, step: string, { status, location, body }: Answer): NotMeasured {
  return new NotMeasured(`${name}: the ${step} was answered with ${String(status)} ${location}: ${body.slice(0, 500)}`)
}

/** By node:http, which takes less of the core that the loopback Apple needs too than fetch does. */
function open(name: string, agent: Agent | false, url: string, cookie?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => {
      reject(new NotMeasured(`${name}: ${new URL(url).pathname} was not answered.`, { cause }))
    }
    const headers = { ...navigation, ...(cookie === undefined ? {} : { cookie }) }
    get(url, { agent, headers }, (res) => {
      let body = ''
      res.setEncoding('utf8')
      res.on('data', (chunk: string) => (body += chunk))
      res.on('error', failed)
      res.on('end', () => {
        const { location = '', 'set-cookie': lines = [] } = res.headers
        resolve({ status: res.statusCode ?? 0, location, cookie: cookiesIn(lines), body })
      })
    }).on('error', failed)
  })
}

/** The cookies that an answer sets and does not remove. */
function cookiesIn(lines: readonly string[]): string {
  return lines
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')
}
