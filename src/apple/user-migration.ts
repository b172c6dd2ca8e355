import type { AppleAuthConfig } from '../config/config.js'
import { AppleUnavailableError } from '../errors.js'
import type { BoundedFetch } from './bounded-fetch.js'
import type { ClientSecret } from './client-secret.js'
import { migrationRefusal } from './migration-refusal.js'
import { outOfOrder } from './out-of-order.js'
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
  /** For the team that gives the app away; `targetTeamId` is the other one's. */
  transferSub(person: { readonly sub: string; readonly targetTeamId: string }, call: MigrationCall): Promise<string>
  /** For the team that gets it. */
  exchange(person: { readonly transferSub: string }, call: MigrationCall): Promise<AppleTransferredUser>
}

type Person = Parameters<UserMigration['transferSub' | 'exchange']>[0]
type Fields = Readonly<Record<string, unknown>>

const path = '/auth/usermigrationinfo'

/** Wires the endpoint for one configuration. */
export function createUserMigration(
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  boundedFetch: BoundedFetch,
): UserMigration {
  async function ask(person: Person, { accessToken, signal }: MigrationCall): Promise<Fields> {
    const secret = await clientSecret.current()
    const response = await boundedFetch(`${config.baseUrl}${path}`, {
      method: 'POST',
      headers: { accept: 'application/json', authorization: `Bearer ${accessToken}` },
      body: new URLSearchParams({ ...parametersOf(person), client_id: config.clientId, client_secret: secret }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.status === 429 || response.status >= 500) throw outOfOrder(path, response)
    const answer = parseObject(await response.text())
    if (response.status !== 200) {
      const error = textOf(answer?.error)
      const error_description = textOf(answer?.error_description)
      const refused = { path, person, error, error_description, response }
      throw migrationRefusal(refused, config, clientSecret, [secret, accessToken])
    }
    return answer ?? refuseForm()
  }

  return {
    transferSub: (person, call) =>
      naming(person, async () => textOf((await ask(person, call)).transfer_sub) ?? refuseForm()),
    exchange: (person, call) => naming(person, async () => parseTransferredUser(await ask(person, call))),
  }
}

function parametersOf(person: Person): Readonly<Record<string, string>> {
  return 'sub' in person ? { sub: person.sub, target: person.targetTeamId } : { transfer_sub: person.transferSub }
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
