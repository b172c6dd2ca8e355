import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSigningKey, keptKeys, type SigningKey } from './signing-key.js'

export { createSigningKey, type SigningKey } from './signing-key.js'

/** One request that reached the loopback Apple. */
export interface RecordedRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
}

/** What an id_token is made of; what is left out is as at Apple. */
export interface IdTokenParts {
  claims?: Record<string, unknown>
  /** Claims to leave out. */
  without?: readonly string[]
  header?: Record<string, unknown>
  key?: KeyObject
}

/** Answers a request itself; false leaves it to the usual answer. */
export type Misbehaviour = (req: RecordedRequest, res: ServerResponse) => boolean

const prototypeKeys = keptKeys() ?? ['first00001', 'second0002', 'third00003'].map(createSigningKey)

/** Encodes and signs a JWT by RS256, whatever its header says. */
export function signJwt(header: Record<string, unknown>, payload: unknown, privateKey: KeyObject): string {
  return signTexts(JSON.stringify(header), JSON.stringify(payload), privateKey)
}

/** The same for a header and a payload that need not even be JSON. */
export function signTexts(header: string, payload: string, privateKey: KeyObject): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

/** An Apple on this machine that records what it is asked and misbehaves on demand. */
export class LoopbackApple {
  readonly requests: RecordedRequest[] = []
  keys: SigningKey[] = [...prototypeKeys]
  /** What stands in the id_token of each code; undefined sends none. */
  readonly #codes = new Map<string, { nonce: string | null; clientId: string; idToken: IdTokenParts | undefined }>()
  tokenAnswer: Record<string, unknown> = {}
  organization: unknown = { id: 'org-1', name: 'Test School', type: 'EDUCATION' }
  misbehave: Misbehaviour = () => false
  /** How long to wait before answering, in milliseconds. */
  delay: (req: RecordedRequest) => number = () => 0
  readonly #server = createServer((req, res) => {
    void this.#answer(req, res)
  })

  static async start(): Promise<LoopbackApple> {
    const apple = new LoopbackApple()
    await apple.listen()
    return apple
  }

  async listen(): Promise<void> {
    // A test that fails before it stops this must not hold the process.
    await new Promise<void>((resolve) => this.#server.unref().listen(0, '127.0.0.1', resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Forgets what was asked, and behaves again. */
  reset(): void {
    this.requests.length = 0
    this.keys = [...prototypeKeys]
    this.tokenAnswer = {}
    this.organization = { id: 'org-1', name: 'Test School', type: 'EDUCATION' }
    this.misbehave = () => false
    this.delay = () => 0
  }

  /** The requests to a path that ends so. */
  requestsTo(ending: string): RecordedRequest[] {
    return this.requests.filter(({ path }) => path.endsWith(ending))
  }

  /** Says yes to an authorization request, as a person would, and gives its code. */
  issueCode(authorizeUrl: URL, idToken: IdTokenParts | 'none' = {}): string {
    const code = `c${randomBytes(16).toString('hex')}.0.test.${randomBytes(16).toString('base64url')}`
    this.#codes.set(code, {
      nonce: authorizeUrl.searchParams.get('nonce'),
      clientId: authorizeUrl.searchParams.get('client_id') ?? '',
      idToken: idToken === 'none' ? undefined : idToken,
    })
    return code
  }

  /** A good id_token, but for what `parts` say. */
  idToken(
    aud: string,
    { claims = {}, without = [], header = {}, key }: IdTokenParts = {},
    nonce?: string | null,
  ): string {
    const { signer } = this
    const now = Math.floor(Date.now() / 1000)
    const payload: Record<string, unknown> = {
      iss: this.url,
      aud,
      exp: now + 86_400,
      iat: now,
      sub: '001883.fcc77ba97500402389df96821ad9c790.1517',
      nonce_supported: true,
      email: 'person@example.com',
      email_verified: 'true',
      ...(typeof nonce === 'string' ? { nonce } : {}),
      ...claims,
    }
    for (const name of without) Reflect.deleteProperty(payload, name)
    return signJwt({ kid: signer.kid, alg: 'RS256', ...header }, payload, key ?? signer.privateKey)
  }

  async #answer(incoming: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of incoming) body += String(chunk)
    const request = { path: incoming.url ?? '', headers: incoming.headers, form: new URLSearchParams(body) }
    this.requests.push(request)
    if (this.misbehave(request, res)) return
    await new Promise((resolve) => setTimeout(resolve, this.delay(request)))
    if (request.path.endsWith('/keys')) this.#json(res, 200, this.jwks())
    else if (request.path.endsWith('/token')) this.#token(request.form, res)
    else if (request.path.endsWith('/organization')) this.#json(res, 200, this.organization)
    else res.writeHead(request.path.endsWith('/revoke') ? 200 : 404).end()
  }

  /** The key that signs. */
  get signer(): SigningKey {
    const [signer] = this.keys
    if (signer === undefined) throw new Error('there is no key to sign with')
    return signer
  }

  jwks(): { keys: object[] } {
    return {
      keys: this.keys.map(({ kid, publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
        use: 'sig',
        alg: 'RS256',
      })),
    }
  }

  #token(form: URLSearchParams, res: ServerResponse): void {
    const accessToken = `a${randomBytes(16).toString('hex')}.0.test.${randomBytes(16).toString('base64url')}`
    const usual = { access_token: accessToken, token_type: 'Bearer', expires_in: 3600 }
    if (form.get('grant_type') === 'refresh_token') {
      this.#json(res, 200, { ...usual, ...this.tokenAnswer })
      return
    }
    const code = form.get('code') ?? ''
    const grant = this.#codes.get(code)
    this.#codes.delete(code)
    if (grant === undefined) {
      this.#json(res, 400, { error: 'invalid_grant', error_description: 'The code has expired or has been revoked.' })
      return
    }
    const atHash = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
    const parts = grant.idToken && { ...grant.idToken, claims: { at_hash: atHash, ...grant.idToken.claims } }
    this.#json(res, 200, {
      ...usual,
      refresh_token: `r${randomBytes(16).toString('hex')}.0.test.${randomBytes(16).toString('base64url')}`,
      ...(parts === undefined ? {} : { id_token: this.idToken(grant.clientId, parts, grant.nonce) }),
      ...this.tokenAnswer,
    })
  }

  #json(res: ServerResponse, status: number, body: unknown): void {
    res.writeHead(status, { 'content-type': 'application/json;charset=UTF-8', 'cache-control': 'no-store' })
    res.end(JSON.stringify(body))
  }
}
