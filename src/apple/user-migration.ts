import type { AppleAuthConfig } from '../config/config.js'
import { AppleTokenError, AppleUnavailableError } from '../errors.js'
import type { BoundedFetch } from './bounded-fetch.js'
import type { ClientSecret } from './client-secret.js'
import { outOfOrder } from './out-of-order.js'
import { refusal } from './refusal.js'
import { malformed } from './token-response.js'

/**
 * Apple's endpoint that moves people from one developer team to another.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/transferring-your-apps-and-users-to-another-team
 * @see https://developer.apple.com/documentation/signinwithapple/bringing-new-apps-and-users-into-your-team
 */

/** A person as the receiving team knows them from now on. */
export interface AppleTransferredUser {
  readonly sub: string
  /** An address of Apple's private relay; there only where the person uses one with the app. */
  readonly email?: string
  readonly isPrivateEmail: boolean
}

/** How a request is made. */
export interface MigrationCall {
  /** The team's. */
  readonly accessToken: string
  readonly signal: AbortSignal | undefined
}

/**
 * One request to the endpoint for each call.
 *
 * @throws AppleTokenError where Apple refuses the person, the app or the access token
 * @throws AppleUnavailableError where it does not answer as documented
 */
export interface UserMigration {
  /** For the team that gives the app away; `target` is the Team ID of the other one. */
  transferSub(person: { readonly sub: string; readonly target: string }, call: MigrationCall): Promise<string>
  /** For the team that gets it. */
  exchange(person: { readonly transferSub: string }, call: MigrationCall): Promise<AppleTransferredUser>
}

type Person = Parameters<UserMigration['transferSub' | 'exchange']>[0]
type Fields = Readonly<Record<string, unknown>>

const path = '/auth/usermigrationinfo'
/** Apple's words for what is wrong with the app, whoever the request is about. */
const aboutApp = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope']
const tokenRefused = 'invalid_token'

/** Wires the endpoint for one configuration. */
export function createUserMigration(
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  boundedFetch: BoundedFetch,
): UserMigration {
  async function ask(person: Person, { accessToken, signal }: MigrationCall): Promise<Fields> {
    const secret = await clientSecret.current()
    const parameters = 'sub' in person ? person : { transfer_sub: person.transferSub }
    const response = await boundedFetch(`${config.baseUrl}${path}`, {
      method: 'POST',
      headers: { accept: 'application/json', authorization: `Bearer ${accessToken}` },
      body: new URLSearchParams({ ...parameters, client_id: config.clientId, client_secret: secret }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.status === 429 || response.status >= 500) throw outOfOrder(path, response)
    const answer = parseObject(await response.text())
    if (response.status !== 200) throw refused(person, response, answer, [secret, accessToken])
    return answer ?? refuseForm()
  }

  function refused(person: Person, response: Response, answer: Fields = {}, sent: readonly string[]): Error {
    const { status } = response
    const error = textOf(answer.error)
    if (error === tokenRefused || (status === 401 && error === undefined)) {
      const details = { appleError: tokenRefused, status }
      return new AppleTokenError("Apple does not accept the team's access token.", tokenRefused, { details })
    }
    if (error === undefined) return otherAnswer(status)
    const description = textOf(answer.error_description)
    const refusedApp = refusal({ error, error_description: description, status, response }, config, clientSecret, sent)
    return aboutApp.includes(refusedApp.appleError) ? refusedApp : refusedPerson(refusedApp, person)
  }

  return {
    transferSub: (person, call) =>
      naming(person, async () => textOf((await ask(person, call)).transfer_sub) ?? refuseForm()),
    exchange: (person, call) => naming(person, async () => parseTransferredUser(await ask(person, call))),
  }
}

/** Does Apple refuse this one person, whatever it says to the next? */
export function refusesPerson(error: unknown): error is AppleTokenError {
  return error instanceof AppleTokenError && ('sub' in error.details || 'transferSub' in error.details)
}

/** Does Apple want another access token? */
export function refusesToken(error: unknown): boolean {
  return error instanceof AppleTokenError && error.appleError === tokenRefused
}

function refusedPerson({ appleError, details }: AppleTokenError, person: Person): AppleTokenError {
  const causes =
    'the person no longer uses the app, its transfer is not open (60 days from when it is accepted) or goes elsewhere, ' +
    'or access token, client id and client secret do not belong together'
  return new AppleTokenError(`Apple answered ${appleError}: ${causes}.`, appleError, {
    details: { ...details, ...person },
  })
}

function otherAnswer(status: number): AppleUnavailableError {
  const message = `Apple's ${path} answered ${String(status)}: it may be out of use, 60 days after the transfer.`
  return new AppleUnavailableError(message, { details: { reason: 'status', status } })
}

/** Says whom it was about where Apple did not answer. */
async function naming<T>(person: Person, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppleUnavailableError)) throw error
    const { message, cause, details } = error
    throw new AppleUnavailableError(message, { cause, details: { ...details, ...person } })
  }
}

function parseTransferredUser({ sub, email, is_private_email: flag }: Fields): AppleTransferredUser {
  const address = textOf(email)
  return Object.freeze({
    sub: textOf(sub) ?? refuseForm(),
    ...(address === undefined ? {} : { email: address }),
    // In id_tokens Apple sends flags as words, too.
    isPrivateEmail: flag === true || flag === 'true',
  })
}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    // The parser's words would repeat what it read.
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length >= 1 && value.length <= 255 ? value : undefined
}

function refuseForm(): never {
  throw malformed(`another form than Apple documents for ${path}`)
}
