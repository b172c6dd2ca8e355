import { sign } from 'node:crypto'
import type { AppleAuthOptions } from '../../src/index.js'

// WHAT NOT TO DO: see index.ts.

/** What Apple's token endpoint answers when all goes well. */
export interface TokenAnswer {
  access_token: string
  expires_in: number
  refresh_token?: string
  id_token?: string
}

/** Apple's endpoints, by bare fetch: no deadline, no limit, redirects followed, any answer taken. */
export interface AppleCalls {
  authorizeUrl(query: Record<string, string>): string
  token(fields: Record<string, string>): Promise<TokenAnswer>
  revoke(token: string): Promise<void>
}

/** Reads a JWT and believes every word. */
export function decode(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

/** Makes the calls of one configuration; what is wrong with it shows at the first login. */
export function createAppleCalls(options: AppleAuthOptions): AppleCalls {
  const { baseUrl = 'https://appleid.apple.com', clientId = '', redirectUri = '', service } = options
  const isForPeople = service === 'sign-in-with-apple'
  const root = `${baseUrl}/auth${isForPeople ? '' : '/oauth2/v2'}`
  const scope = isForPeople ? 'name email' : 'edu.users.read edu.classes.read'
  let secret: string | undefined

  async function post(path: string, fields: Record<string, string>): Promise<Response> {
    secret ??= options.clientSecret ?? signSecret(options)
    const body = new URLSearchParams({ client_id: clientId, client_secret: secret, ...fields })
    const answer = await fetch(`${root}/${path}`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`Apple refused ${body.toString()}: ${await answer.text()}`)
    return answer
  }

  return {
    authorizeUrl(query) {
      const fixed = { client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope }
      const mode = isForPeople ? { response_mode: 'form_post' } : {}
      const state = Math.random().toString(36).slice(2)
      return `${root}/authorize?${new URLSearchParams({ ...fixed, ...mode, state, ...query }).toString()}`
    },
    async token(fields) {
      return (await (await post('token', { redirect_uri: redirectUri, ...fields })).json()) as TokenAnswer
    },
    async revoke(token) {
      await post('revoke', { token, token_type_hint: 'refresh_token' })
    },
  }
}

/** Good for half a year, and never made again. */
function signSecret({ teamId, keyId, clientId, privateKey = '' }: AppleAuthOptions): string {
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iss: teamId, iat, exp: iat + 180 * 86_400, aud: 'https://appleid.apple.com', sub: clientId }
  const input = [{ alg: 'ES256', kid: keyId }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}
