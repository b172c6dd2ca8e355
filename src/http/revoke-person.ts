import type { Request } from 'express'
import { AppleArgumentError, AppleLoginRequiredError } from '../errors.js'
import type { RevocationOutcome } from '../revocations/first-attempt.js'
import type { RevocationUnderWay } from '../revocations/revocations.js'
import { type LoginTokens, loginTokens } from '../session/login-record.js'
import { personSubject } from '../session/subject.js'
import type { Instance } from './instance.js'
import { loginStart } from './login-start.js'
import { type LoginView, readLogin } from './login-view.js'
import { believe, settleLogin } from './settle-login.js'
import { endSession } from './sign-out.js'

/**
 * What became of a person's tokens at Apple. `revoked`: Apple took them back. `pending`: not yet, and it is asked again
 * until it does. `failed`: neither, or some are sealed by a key that is not there; `revocation_failed` or
 * `unsealing_failed` says more, and what is kept stays for the next call. `no_tokens`: none are kept here.
 */
export type AppleRevocation = RevocationOutcome | 'no_tokens'

/**
 * Ends what a person has here and at Apple, as the App Store asks of an account's deletion: ends all their logins at this
 * instance, on every node (within ten seconds), revokes the tokens of their latest login at each of our client ids, and
 * forgets them. `subject` is a `sub`, or a request whose login it is.
 *
 * @throws AppleArgumentError for what is neither, and for Data Sharing
 * @throws AppleLoginRequiredError for a request without a login
 * @throws AppleStoreError when `store` does not say what is kept, or does not keep that the logins have ended: Apple has
 * not been asked then
 * @throws AppleSessionStoreError when the request's session could not be ended; all the rest has been done
 * @see https://developer.apple.com/support/offering-account-deletion-in-your-app
 */
export async function revokePerson(instance: Instance, subject: string | Request): Promise<AppleRevocation> {
  const { personGrants, marks, revocations, events } = instance
  if (personGrants === undefined) {
    throw new AppleArgumentError(
      'revoke() is for people, and Data Sharing connects schools: use connections.disconnect(organizationId).',
    )
  }
  const { sub, req, login } = await whoIsMeant(instance, subject)
  const { grants, hasSealed } = await personGrants.find(sub)
  if (hasSealed) events.emit('unsealing_failed', { record: 'grant', organizationId: undefined })
  const begun = login === undefined ? -Infinity : loginStart(login.record, login.claims)
  // A login may have begun a little later than now, by Apple's clock.
  const until = Math.max(Date.now(), begun, ...grants.map(({ startedAt }) => startedAt))
  await marks.mark(personSubject(sub), until)

  const here = login && loginTokens(login.record)
  const owed = await Promise.all(
    withoutRepetition([...(here === undefined ? [] : [here]), ...grants]).map((tokens) =>
      revocations.owe({ ...tokens, sub, organizationId: undefined }),
    ),
  )
  const sessionFailure = req && (await endSession(instance, req).then(() => undefined, asError))
  const outcome = hasSealed ? await sendAll(owed).then(() => 'failed' as const) : await sendAll(owed)
  if (outcome !== 'failed') {
    await personGrants.forget(sub, until).catch((error: unknown) => {
      events.note('tokens that Apple takes back could not be forgotten', error)
    })
  }
  if (login !== undefined || outcome !== 'no_tokens') {
    const organizationId = login?.user?.organizationId
    events.emit('logout', { sub, organizationId, revoked: outcome === 'revoked' })
  }
  if (sessionFailure !== undefined) throw sessionFailure
  return outcome
}

function asError(error: unknown): Error {
  return error as Error
}

async function whoIsMeant(
  instance: Instance,
  subject: unknown,
): Promise<{ sub: string; req: Request | undefined; login: LoginView | undefined }> {
  if (typeof subject === 'string' && subject !== '') return { sub: subject, req: undefined, login: undefined }
  if (!isRequest(subject)) throw new AppleArgumentError('revoke() takes a sub, or a request whose login is meant.')
  await settleLogin(instance, subject)
  const login = believe(instance, subject, readLogin(instance, subject))
  if (login?.user === undefined) throw new AppleLoginRequiredError('Nobody is signed in, so nothing can be revoked.')
  return { sub: login.user.sub, req: subject, login }
}

function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && 'headers' in value && 'res' in value
}

/** The tokens in the session are most often the ones that are kept. */
function withoutRepetition(tokens: readonly LoginTokens[]): readonly LoginTokens[] {
  const nameOf = ({ refreshToken, accessToken }: LoginTokens): string => refreshToken ?? accessToken
  return [...new Map(tokens.map((each) => [nameOf(each), each])).values()]
}

async function sendAll(owed: readonly RevocationUnderWay[]): Promise<AppleRevocation> {
  const outcomes = await Promise.all(owed.map((each) => each.send()))
  return (['failed', 'pending', 'revoked'] as const).find((outcome) => outcomes.includes(outcome)) ?? 'no_tokens'
}
