import type { Response } from 'supertest'
import type { Visitor } from './login-steps.js'
import { sendRaw } from './send-raw.js'

/** What /login offers Apple JS. */
export interface PopupLogin {
  readonly clientId: string
  readonly scope: string
  readonly redirectURI: string
  readonly state: string
  readonly nonce: string
}

/** What a browser says of a fetch by a page of the site. */
export const ownPage = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }

/** Asks /login for what Apple JS needs, as a page does. */
export async function beginPopup(visitor: Visitor, returnTo?: string): Promise<PopupLogin> {
  const answer = await visitor
    .get('/auth/apple/login')
    .query(returnTo === undefined ? {} : { returnTo })
    .set({ ...ownPage, Accept: 'application/json' })
  if (answer.status !== 200) throw new Error(`/login answered ${String(answer.status)}: ${answer.text}`)
  return answer.body as PopupLogin
}

/** The authorization request that Apple JS makes of it. */
export function popupRequest({ clientId, nonce, state }: PopupLogin): URL {
  const url = new URL('https://appleid.apple.com/auth/authorize')
  url.search = new URLSearchParams({ client_id: clientId, nonce, state }).toString()
  return url
}

/** Posts JSON to the callback as a page of the site does, a text as it is; `headers` stand in for what it says of itself. */
export function postResult(
  visitor: Visitor,
  body: unknown,
  headers: Record<string, string> = ownPage,
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const post = visitor.post('/auth/apple/callback')
  return sendRaw(post, 'application/json', text, { Accept: 'application/json', ...headers })
}
