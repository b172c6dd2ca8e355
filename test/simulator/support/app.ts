import type {
  AppleSimulator,
  ClientCredentials,
  CreateClientOptions,
  SimulatorService,
} from '../../../src/simulator/index.js'
import { signClientSecret } from './client-secret.js'

/** Where the pretended app wants its answers; nobody listens there. */
export const redirectUri = 'http://localhost:3000/callback'

const paths = { 'sign-in-with-apple': '/auth', 'account-data-sharing': '/auth/oauth2/v2' } as const

const usual = {
  'sign-in-with-apple': { scope: 'name email', response_mode: 'form_post' },
  'account-data-sharing': { scope: 'edu.users.read edu.classes.read' },
} as const

/** A form or query; undefined leaves a parameter out. */
export type Fields = Record<string, string | undefined>

/** What the token endpoint answers. */
export interface TokenBody {
  access_token: string
  token_type: string
  expires_in: number
  refresh_token: string
  id_token: string
  error?: string
  error_description?: string
}

/** What came back to the redirect URI, and how. */
export interface Delivery {
  status: number
  mode: 'query' | 'fragment' | 'form_post' | 'page'
  target: string
  fields: Partial<Record<string, string>>
  html: string
}

/** An app of one service with all that a test does to it, over HTTP. */
export class App {
  readonly credentials: ClientCredentials
  readonly base: string

  constructor(
    readonly simulator: AppleSimulator,
    readonly service: SimulatorService,
    options: Partial<CreateClientOptions> = {},
    readonly now: () => number = Date.now,
  ) {
    this.credentials = simulator.createClient({ service, redirectUris: [redirectUri], ...options })
    this.base = `${simulator.url}${paths[service]}`
  }

  secret(parts: Partial<Parameters<typeof signClientSecret>[0]> = {}): string {
    return signClientSecret({ ...this.credentials, now: this.now(), ...parts })
  }

  authorizeUrl(fields: Fields = {}): string {
    const { clientId } = this.credentials
    const all = { client_id: clientId, redirect_uri: redirectUri, response_type: 'code', ...usual[this.service] }
    return `${this.base}/authorize?${encodeForm({ ...all, ...fields })}`
  }

  /** Opens authorize and answers the page; without a page answers what came instead. */
  async open(fields: Fields = {}): Promise<{ status: number; html: string; headers: Headers; action: string }> {
    const response = await fetch(this.authorizeUrl(fields), { redirect: 'manual' })
    const html = await response.text()
    const action = attribute(html, /<form method="post" action="([^"]*)"/)
    return { status: response.status, html, headers: response.headers, action }
  }

  /** Presses a button on the consent page, by default Continue as the first person who may. */
  async decide(action: string, fields: Fields): Promise<Delivery> {
    const body = encodeForm({ decision: 'continue', ...fields })
    const response = await fetch(new URL(action, this.simulator.url), { ...form(body), redirect: 'manual' })
    return parseDelivery(response.status, response.headers.get('location'), await response.text())
  }

  /** Goes through authorize and the consent page. */
  async approve(personId: string, fields: Fields = {}, decision: Fields = {}): Promise<Delivery> {
    const { action } = await this.open(fields)
    return this.decide(action, { person: personId, ...decision })
  }

  async code(personId: string, fields: Fields = {}): Promise<string> {
    const { fields: answer } = await this.approve(personId, fields)
    return answer.code ?? ''
  }

  token(fields: Fields): Promise<{ status: number; body: TokenBody; headers: Headers }> {
    return this.post('token', encodeForm({ ...this.identity(), ...fields }))
  }

  exchange(code: string, fields: Fields = {}) {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, ...fields })
  }

  refresh(refreshToken: string, fields: Fields = {}) {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...fields })
  }

  /** The whole way from authorize to tokens. */
  async signIn(personId: string, fields: Fields = {}): Promise<TokenBody> {
    const { body } = await this.exchange(await this.code(personId, fields))
    return body
  }

  revoke(token: string, fields: Fields = {}) {
    return this.post('revoke', encodeForm({ ...this.identity(), token, ...fields }))
  }

  async post(endpoint: string, body: string, init: RequestInit = {}) {
    const response = await fetch(`${this.base}/${endpoint}`, { ...form(body), ...init })
    const text = await response.text()
    const parsed = (text === '' ? {} : JSON.parse(text)) as TokenBody
    return { status: response.status, body: parsed, text, headers: response.headers }
  }

  async organization(accessToken: string) {
    const headers = { authorization: `Bearer ${accessToken}` }
    const response = await fetch(`${this.simulator.url}/rosterapi/v1/organization`, { headers })
    const text = await response.text()
    return { status: response.status, text, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  identity(): Fields {
    return { client_id: this.credentials.clientId, client_secret: this.secret() }
  }
}

/** Finds one of the seeded people by name. */
export function personId(simulator: AppleSimulator, name: string): string {
  const person = simulator.people.find(({ givenName, familyName }) => `${givenName} ${familyName}` === name)
  if (person === undefined) throw new Error(`No ${name} in the simulator`)
  return person.id
}

/** Encodes with %20 for a space, the documented form. */
export function encodeForm(fields: Fields): string {
  return Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&')
}

/** A form post for fetch. */
export function form(body: string): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
}

function parseDelivery(status: number, location: string | null, html: string): Delivery {
  if (location !== null) {
    const mode = location.includes('#') ? 'fragment' : 'query'
    const [target = '', encoded = ''] = location.split(mode === 'query' ? '?' : '#')
    return { status, mode, target, fields: Object.fromEntries(new URLSearchParams(encoded)), html }
  }
  const inputs = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
  const fields = Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, unescapeHtml(value)]))
  const target = attribute(html, /<form id="form_post" method="post" action="([^"]*)"/)
  return { status, mode: target === '' ? 'page' : 'form_post', target, fields, html }
}

function attribute(html: string, pattern: RegExp): string {
  return unescapeHtml(pattern.exec(html)?.[1] ?? '')
}

function unescapeHtml(text: string): string {
  const entities: Partial<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (entity, name: string) => entities[name] ?? entity)
}
