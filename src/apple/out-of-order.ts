import { AppleUnavailableError } from '../errors.js'
import { parseRetryAfter } from './retry-after.js'

/** The error for 429 and 5xx from an endpoint, with what Apple says of the wait in `details.retryAfterSeconds`. */
export function outOfOrder(
  path: string,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
): AppleUnavailableError {
  const retryAfterSeconds = parseRetryAfter(headers)
  return new AppleUnavailableError(`Apple's ${path} answered ${String(status)}; try again later.`, {
    details: { reason: 'status', status, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
  })
}
