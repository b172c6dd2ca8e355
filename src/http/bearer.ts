import type { Request, Response } from 'express'

/**
 * Bearer tokens in requests, and the challenges that ask for them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */

/** The token in the Authorization header; undefined where there is none, `malformed` where what is there can be none. */
export function bearerToken(req: Request): string | undefined {
  const [scheme = '', ...rest] = (req.get('authorization') ?? '').trim().split(/ +/)
  if (scheme.toLowerCase() !== 'bearer') return undefined
  const [token = ''] = rest
  return rest.length === 1 && /^[\w.~+/-]+=*$/.test(token) ? token : 'malformed'
}

/** RFC 6750 section 3.1; the status of each. Without an error the request brought no credentials at all. */
const errors = {
  invalid_request: {
    status: 400,
    description: 'The Authorization header must be Bearer, a space and the identity token',
  },
  invalid_token: { status: 401, description: 'The identity token is not valid here, or has expired' },
} as const

/** Refuses a request, and says what would help. */
export function challenge(res: Response, realm: string, error?: keyof typeof errors): void {
  const { status, description } = error === undefined ? { status: 401, description: '' } : errors[error]
  const reason = error === undefined ? '' : `, error="${error}", error_description="${description}"`
  res
    .status(status)
    .set('WWW-Authenticate', `Bearer realm="${realm}"${reason}`)
    .set('Cache-Control', 'no-store')
    .json({ error: error ?? 'token_required' })
}
