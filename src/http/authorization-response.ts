import type { Request, Response } from 'express'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleCallbackError } from '../errors.js'
import { createReadBody } from './request-body.js'
import { originalQuery } from './request-origin.js'

/**
 * What arrives at the callback, read strictly.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */

/** An authorization response; apart from `state` nothing in it is trusted. */
export interface AuthorizationResponse {
  readonly state: string
  readonly code: string | undefined
  readonly error: string | undefined
  /** RFC 9207. */
  readonly iss: string | undefined
  /** The `user` field: JSON as text. */
  readonly user: string | undefined
  /** Whether it came through our own relay page. */
  readonly relayed: boolean
}

/** The field by which the relay page marks what it passes on; its value is the method Apple's answer came by. */
export const relayField = 'relayed'

const readBody = createReadBody({
  type: 'application/x-www-form-urlencoded',
  name: 'callback',
  createError: (message, options) => new AppleCallbackError(message, options),
})

/**
 * Reads the response from the query or the form, whether or not the app has parsed the body before.
 *
 * @throws AppleCallbackError for a method that does not fit the response mode, a wrong content type, a body over
 * 64 KiB, a repeated or nested parameter, or no `state`
 */
export async function readAuthorizationResponse(
  config: AppleAuthConfig,
  req: Request,
  res: Response,
): Promise<AuthorizationResponse> {
  const fields = req.method === 'POST' ? await readForm(req, res) : readFields(originalQuery(req))
  const relayedFrom = req.method === 'POST' ? fields.get(relayField) : undefined
  const method = relayedFrom ?? req.method
  if (config.responseMode === 'form_post' && method !== 'POST') {
    throw new AppleCallbackError('The callback came by GET, though form_post was asked for.', {
      status: 405,
      headers: { Allow: 'POST' },
    })
  }
  if (config.responseMode === 'query' && method !== 'GET') {
    throw new AppleCallbackError('The callback came by POST, though query was asked for.', {
      status: 405,
      headers: { Allow: 'GET' },
    })
  }
  const state = fields.get('state')
  if (state === undefined || state === '') throw new AppleCallbackError('The callback has no state.')
  return {
    state,
    code: fields.get('code'),
    error: fields.get('error'),
    iss: fields.get('iss'),
    user: fields.get('user'),
    relayed: relayedFrom !== undefined,
  }
}

/** The fields that the relay page posts again. */
export function relayFields(response: AuthorizationResponse, method: string): Record<string, string> {
  const { state, code, error, iss, user } = response
  const fields = { state, code, error, iss, user, [relayField]: method }
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))
}

async function readForm(req: Request, res: Response): Promise<Map<string, string>> {
  const body = await readBody(req, res)
  return typeof body === 'string' ? readFields(new URLSearchParams(body)) : readParsedBody(body)
}

function readFields(search: URLSearchParams): Map<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of search) {
    if (fields.has(name)) throw new AppleCallbackError('The callback has a parameter twice.')
    fields.set(name, value)
  }
  return checkNames(fields)
}

/** What the app's own parser made of the body: every value a text, except `user`, which some parse too. */
function readParsedBody(body: Readonly<Record<string, unknown>>): Map<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === 'string') fields.set(name, value)
    else if (name === 'user' && !Array.isArray(value)) fields.set(name, JSON.stringify(value))
    else throw new AppleCallbackError('The callback has a repeated or nested parameter.')
  }
  return checkNames(fields)
}

function checkNames(fields: Map<string, string>): Map<string, string> {
  for (const name of fields.keys()) {
    if (/[[\]]/.test(name)) throw new AppleCallbackError('The callback has a nested parameter.')
  }
  return fields
}
