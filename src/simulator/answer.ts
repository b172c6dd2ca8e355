import type { Response } from 'express'
import type { OAuthError } from './oauth-error.js'

/** What an endpoint says; one place sends and records it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The headers of Apple's JSON, no charset variant allowed. */
const jsonHeaders = {
  'Content-Type': 'application/json;charset=UTF-8',
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
} as const

/** Answers JSON with Apple's headers. Default status: 200. */
export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, headers: jsonHeaders, body: JSON.stringify(value) }
}

/** Answers a refusal as the token and revoke endpoints do: always 400. */
export function oauthErrorAnswer({ error, description }: OAuthError): Answer {
  return jsonAnswer({ error, ...(description === undefined ? {} : { error_description: description }) }, 400)
}

/** Answers without a body. */
export function emptyAnswer(status: number): Answer {
  return { status, headers: { 'Cache-Control': 'no-store' }, body: '' }
}

/** Sends the browser on with 302. */
export function redirectAnswer(location: string): Answer {
  return { status: 302, headers: { 'Cache-Control': 'no-store', Location: location }, body: '' }
}

/** Sends the browser on with 303, to GET the page that shows what a form did. */
export function seeOtherAnswer(location: string): Answer {
  return { ...redirectAnswer(location), status: 303 }
}

/** Sends an answer. Not by res.send(), which rewrites the content type. */
export function sendAnswer(res: Response, { status, headers, body }: Answer): void {
  res.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
