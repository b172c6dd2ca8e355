import { Agent } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AppleAuthOptions } from '../../src/index.js'
import { LoopbackApple, type RecordedRequest } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'
import { ForgetfulStore } from './forgetful-store.js'
import { WireBrowser } from './wire-browser.js'

/** A loopback Apple that remembers nothing: a code says itself what its id_token is to hold. */
export class ForgetfulApple extends LoopbackApple {
  override misbehave = ({ path, form }: RecordedRequest, res: ServerResponse): boolean => {
    this.requests.length = 0
    if (!path.endsWith('/token')) return false
    const { nonce, clientId } = readCode(form.get('code') ?? '')
    const isKnown = nonce !== undefined && clientId !== undefined
    res.writeHead(isKnown ? 200 : 400, { 'content-type': 'application/json' })
    const tokens = { access_token: 'an access token', token_type: 'Bearer', expires_in: 3600 }
    const answer = isKnown ? { ...tokens, id_token: this.idToken(clientId, {}, nonce) } : { error: 'invalid_grant' }
    res.end(JSON.stringify(answer))
    return true
  }

  override issueCode({ searchParams }: URL): string {
    const nonce = searchParams.get('nonce')
    return Buffer.from(JSON.stringify({ nonce, clientId: searchParams.get('client_id') })).toString('base64url')
  }
}

/** An app whose sessions are forgotten, with connections that are kept. */
export class FuzzApp {
  /** Logins so far. */
  signIns = 0
  readonly agent = new Agent({ keepAlive: true })

  private constructor(
    readonly apple: LoopbackApple,
    readonly app: TestApp,
  ) {
    app.apple.on('login', () => (this.signIns += 1))
  }

  static async start(options: AppleAuthOptions = {}): Promise<FuzzApp> {
    const apple = new ForgetfulApple()
    await apple.listen()
    // Express’s own error page shows what stack there is, and in tests writes no log.
    const first = { first: (app: { set: (name: string, value: string) => unknown }) => app.set('env', 'test') }
    const session = { store: new ForgetfulStore() }
    return new FuzzApp(apple, await TestApp.start(apple.url, { options, session, errorPage: false, ...first }))
  }

  async stop(): Promise<void> {
    this.agent.destroy()
    await this.app.stop()
    await this.apple.stop()
  }

  browser(): WireBrowser {
    return new WireBrowser(this.app.url, this.agent)
  }

  /** Opens /login with that query and gives the authorization request. */
  async begin(browser: WireBrowser, query = ''): Promise<URL> {
    const { status, headers } = await browser.send({ path: `/auth/apple/login?${query}` })
    if (status !== 302) throw new Error(`/login answered ${String(status)}`)
    return new URL(headers.location ?? '')
  }
}

function readCode(code: string): { nonce?: string; clientId?: string } {
  const bytes = Buffer.from(code, 'base64url')
  try {
    // Decoding forgives much; Apple does not.
    return bytes.toString('base64url') === code ? (JSON.parse(bytes.toString()) as object) : {}
  } catch {
    return {}
  }
}
