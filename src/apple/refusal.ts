import type { AppleAuthConfig } from '../config/config.js'
import { AppleTokenError } from '../errors.js'
import type { ClientSecret } from './client-secret.js'
import { clockDifference, invalidClientChecklist } from './invalid-client.js'

/** An error answer of Apple's: RFC 6749 section 5.2. */
export interface ErrorAnswer {
  readonly error: string
  readonly error_description?: string | undefined
  readonly status: number
  readonly response: Response
}

/** What Apple has refused, as an error without `sent`, which Apple's words may repeat. */
export function refusal(
  { error, error_description: description, status, response }: ErrorAnswer,
  config: AppleAuthConfig,
  clientSecret: ClientSecret,
  sent: readonly string[],
): AppleTokenError {
  const appleError = withoutSecrets(error, sent)
  const details = {
    appleError,
    appleDescription: withoutSecrets(description ?? '', sent) || undefined,
    status,
    clockDifferenceSeconds: clockDifference(response),
  }
  if (appleError !== 'invalid_client') {
    return new AppleTokenError(`Apple answered ${appleError}.`, appleError, { details })
  }
  const secret = clientSecret.describe()
  const checklist = invalidClientChecklist(config, String(secret.sub))
  return new AppleTokenError(
    'Apple answered invalid_client: it does not accept our client secret. See details.checklist.',
    appleError,
    { details: { ...details, clientSecret: secret, checklist } },
  )
}

/** Apple's words, on one line, short, and without what we sent if they should repeat it. */
function withoutSecrets(text: string, sent: readonly string[]): string {
  const secrets = sent.filter((each) => each.length >= 8)
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  return clean
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '[redacted]')
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 200)
}
