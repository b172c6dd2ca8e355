/** An HTTP date as every server writes it today. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * How many seconds to wait before the next request, as `X-Retry-After` (Apple's) or else `Retry-After` says: a number, or
 * an HTTP date; undefined where neither can be read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(headers: Headers): number | undefined {
  return parseSeconds(headers.get('x-retry-after')) ?? parseSeconds(headers.get('retry-after'))
}

function parseSeconds(text: string | null): number | undefined {
  if (text === null) return undefined
  if (/^\d{1,15}(\.\d{1,9})?$/.test(text)) return Number(text)
  return httpDate.test(text) ? secondsUntil(Date.parse(text)) : undefined
}

function secondsUntil(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - Date.now()) / 1000))
}
