import type { Request, Response } from 'express'
import type { AppleAuthConfig } from '../config/config.js'
import { AppleCallbackError } from '../errors.js'
import { readPopupResult } from './popup-result.js'
import { createReadBody, mediaType } from './request-body.js'
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
  /** The method that Apple's answer came by; through our own relay page that of the request before. */
  readonly method: string
  /** Whether it came through our own relay page. */
  readonly relayed: boolean
  /** Whether it came as JSON, as only a page that used Apple JS sends it. */
  readonly isJson: boolean
}

/** The field by which the relay page marks what it passes on; its value is the method Apple's answer came by. */
export const relayField = 'relayed'

const jsonType = 'application/json'

const readBody = createReadBody({
  type: ['application/x-www-form-urlencoded', jsonType],
  name: 'callback',
  createError: (message, options) => new AppleCallbackError(message, options),
})

/**
 * Reads the response from the query, the form or the JSON, whether or not the app has parsed the body before.
 *
 * @throws AppleCallbackError for a GET where form_post was asked for, a wrong content type, a body over 64 KiB, a repeated
 * or nested parameter, or no `state`
 */
export async function readAuthorizationResponse(
  config: AppleAuthConfig,
  req: Request,
  res: Response,
): Promise<AuthorizationResponse> {
  const isJson = isJsonPost(req)
  const fields = req.method === 'POST' ? await readPosted(req, res) : readFields(originalQuery(req))
  const relayedFrom = req.method === 'POST' && !isJson ? fields.get(relayField) : undefined
  const method = relayedFrom ?? req.method
  if (config.responseMode === 'form_post' && method !== 'POST') {
    throw new AppleCallbackError('The callback came by GET, though form_post was asked for.', {
      status: 405,
      headers: { Allow: 'POST' },
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
    method,
    relayed: relayedFrom !== undefined,
    isJson,
  }
}

/** Is this a POST of JSON? */
export function isJsonPost(req: Request): boolean {
  return req.method === 'POST' && mediaType(req) === jsonType
}

/**
 * Refuses what may come for a popup's login alone: JSON, and a POST where query was asked for, since a popup's result is
 * posted by the page whatever the response mode.
 *
 * @throws AppleCallbackError 415 or 405
 */
export function refusePopupResult({ responseMode }: AppleAuthConfig, { method, isJson }: AuthorizationResponse): void {
  if (isJson) {
    throw new AppleCallbackError('The callback takes JSON only for a login that /login has offered to Apple JS.', {
      status: 415,
    })
  }
  if (responseMode === 'query' && method !== 'GET') {
    throw new AppleCallbackError('The callback came by POST, though query was asked for.', {
      status: 405,
      headers: { Allow: 'GET' },
    })
  }
}

/** The fields that the relay page posts again. */
export function relayFields(response: AuthorizationResponse): Record<string, string> {
  const { state, code, error, iss, user, method } = response
  const fields = { state, code, error, iss, user, [relayField]: method }
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))
}

async function readPosted(req: Request, res: Response): Promise<Map<string, string>> {
  const body = await readBody(req, res)
  if (isJsonPost(req)) return checkNames(readPopupResult(body))
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
