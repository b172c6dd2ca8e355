import { LoopbackApple } from '../support/loopback-apple.js'
import type { SignedIn } from './load.js'
import { bundleId } from './servers/apple-options.js'
import { subOf } from './servers/person.js'

/** Starts the loopback Apple, with the discovery document that other clients ask for. */
export async function startApple(): Promise<LoopbackApple> {
  const apple = await LoopbackApple.start()
  apple.misbehave = ({ path }, res) => {
    if (path !== '/.well-known/openid-configuration') return false
    res.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        issuer: apple.url,
        authorization_endpoint: `${apple.url}/auth/authorize`,
        token_endpoint: `${apple.url}/auth/token`,
        jwks_uri: `${apple.url}/auth/keys`,
        response_types_supported: ['code'],
        response_modes_supported: ['query', 'form_post'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      }),
    )
    return true
  }
  return apple
}

/** Signs a person in at Apple, from the login route to the callback. @throws Error where a step is not answered as it should */
export async function signInAtApple(
  apple: LoopbackApple,
  origin: string,
  loginPath: string,
  person: number,
): Promise<SignedIn> {
  const sub = subOf(person)
  const login = await open(`${origin}${loginPath}`)
  const authorize = new URL(login.location)
  const code = apple.issueCode(authorize, { claims: { sub } })
  const callback = new URL(authorize.searchParams.get('redirect_uri') ?? '')
  callback.search = new URLSearchParams({ code, state: authorize.searchParams.get('state') ?? '' }).toString()
  const { cookie } = await open(callback.href, login.cookie)
  return { cookie, sub }
}

/** Signs a person in as a native app does that sends no code: with an id_token alone. */
export async function signInNatively(apple: LoopbackApple, origin: string, person: number): Promise<SignedIn> {
  const sub = subOf(person)
  const response = await fetch(`${origin}/auth/apple/native`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identityToken: apple.idToken(bundleId, { claims: { sub } }) }),
  })
  if (response.status !== 200) throw new Error(`/native answered ${String(response.status)}: ${await response.text()}`)
  return { cookie: cookiesIn(response), sub }
}

/** Signs a person in by the server's own way: without Apple. */
export async function signInBySeed(origin: string, person: number): Promise<SignedIn> {
  const response = await fetch(`${origin}/seed?person=${String(person)}`, { method: 'POST', redirect: 'manual' })
  if (response.status !== 200) throw new Error(`/seed answered ${String(response.status)}: ${await response.text()}`)
  return { cookie: cookiesIn(response), sub: subOf(person) }
}

async function open(url: string, cookie = ''): Promise<{ location: string; cookie: string }> {
  const response = await fetch(url, {
    headers: { cookie, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' },
    redirect: 'manual',
  })
  const location = response.headers.get('location')
  if (location === null) throw new Error(`${url} answered ${String(response.status)}: ${await response.text()}`)
  return { location, cookie: cookiesIn(response) }
}

/** The cookies that an answer sets and does not remove. */
function cookiesIn(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')
}
