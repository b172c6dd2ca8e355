import { redirectAnswer, type Answer } from './answer.js'
import { approvedOrganization } from './approvers.js'
import type { AuthorizationRequest } from './authorization-request.js'
import { isManaged } from './directory.js'
import type { SimulatorPerson } from './person.js'
import { formPostPage } from './form-post-page.js'
import type { Grant } from './grant-book.js'
import { createIdToken } from './id-token.js'
import { relayEmail } from './relay-email.js'
import type { SimulatorState } from './simulator-state.js'
import type { Authorization } from './token-book.js'
import { webMessagePage } from './web-message-page.js'

/** The fields that travel to the redirect URI. */
export type ResponseFields = Readonly<Record<string, string>>

/** Who signs in, in their own words: nobody signs it, and it comes once. */
export interface UnsignedUser {
  readonly name?: { readonly firstName: string; readonly lastName: string }
  readonly email?: string
}

/** Records the consent and makes the answer: `code`, and as asked `id_token`, `state` and, the first time, `user`. */
export async function approve(
  state: SimulatorState,
  request: AuthorizationRequest,
  person: SimulatorPerson,
  hideEmail: boolean,
): Promise<ResponseFields> {
  const { service, client, scopes, redirectUri, nonce, codeChallenge } = request
  const organizationId = approvedOrganization(request, person)
  const { grant, isFirst } = state.grants.open({ service, client, person, organizationId })
  if (scopes.includes('email')) grant.hideEmail ??= hideEmail && !isManaged(person)
  const authTime = Math.floor(state.config.now() / 1000)
  const authorization: Authorization = { grant, clientId: client.clientId, scopes, person, authTime }
  const code = state.tokens.issueCode(authorization, { redirectUri, nonce, codeChallenge })
  const isIdTokenAsked = request.responseType === 'code id_token'
  return {
    code,
    ...(isIdTokenAsked && { id_token: await createIdToken(state, client, authorization, { nonce, code }) }),
    ...echoedState(request),
    ...(isFirst && userField(request, person, grant)),
  }
}

/** Makes the answer of somebody who pressed Cancel. */
export function cancel(request: AuthorizationRequest): ResponseFields {
  return { error: 'user_cancelled_authorize', ...echoedState(request) }
}

/** Sends the fields to the redirect URI, or to the page that opened the popup, in the mode that was asked for. */
export function deliver({ responseMode, frameId, redirectUri }: AuthorizationRequest, fields: ResponseFields): Answer {
  if (frameId !== undefined) return webMessagePage({ redirectUri, frameId, fields })
  if (responseMode === 'form_post') return formPostPage(redirectUri, fields)
  const encoded = Object.entries(fields)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  if (responseMode === 'fragment') return redirectAnswer(`${redirectUri}#${encoded}`)
  return redirectAnswer(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${encoded}`)
}

function echoedState({ state }: AuthorizationRequest): ResponseFields {
  return state === undefined ? {} : { state }
}

// A JSON string inside the form, only the first time, and never for an organization.
function userField({ service, scopes }: AuthorizationRequest, person: SimulatorPerson, grant: Grant): ResponseFields {
  if (service !== 'sign-in-with-apple') return {}
  const user = unsignedUser(scopes, person, grant)
  return user === undefined ? {} : { user: JSON.stringify(user) }
}

/** What the app is told of somebody at the first consent, as far as the scopes ask for it; undefined for nothing. */
export function unsignedUser(
  scopes: readonly string[],
  person: SimulatorPerson,
  grant: Grant,
): UnsignedUser | undefined {
  const email = grant.hideEmail === true ? relayEmail(grant.consentGroup, person) : person.email
  const user = {
    ...(scopes.includes('name') && { name: { firstName: person.givenName, lastName: person.familyName } }),
    ...(scopes.includes('email') && email !== undefined && { email }),
  }
  return Object.keys(user).length === 0 ? undefined : user
}
