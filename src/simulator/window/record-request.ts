import type { Request } from 'express'
import type { Answer } from '../answer.js'
import type { AuthorizationRequest } from '../authorization-request.js'
import type { ResponseFields } from '../authorization-response.js'
import { bearerOf } from '../bearer-token.js'
import { formOf } from '../form-body.js'
import { parseParameters, queryOf } from '../parameters.js'
import { fullName } from '../person.js'
import type { RequestNote, SimulatorEndpoint } from '../request-log.js'
import type { SimulatorService } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import { findLogin } from './find-login.js'
import { recordCallback } from './record-callback.js'
import type { ShownField } from './shown-field.js'

/** A request and how it was answered; `answer` is undefined where a fault left it without one. */
export interface AnsweredRequest {
  readonly endpoint: SimulatorEndpoint
  readonly service: SimulatorService | undefined
  readonly req: Request
  readonly note: RequestNote
  readonly about: AuthorizationRequest | undefined
  readonly handedOver: ResponseFields | undefined
  readonly answer: Answer | undefined
  readonly durationMs: number
}

type Pairs = readonly (readonly [string, string])[]

const mostParameters = 30
const longestAnswer = 16_384
const redirects = [302, 303]

/** Puts a request to Apple, and what it sends the browser on with, into the window. */
export function recordRequest(state: SimulatorState, request: AnsweredRequest): void {
  const { endpoint, req, note, about, handedOver, answer, durationMs } = request
  const { window, config } = state
  const pairs = parametersOf(req)
  const given = tokensOf(request)
  const asked = new Map(pairs)
  const login = findLogin(state, request, asked, given)
  const variant = endpoint === 'token' ? asked.get('grant_type') : undefined
  window.log.add({
    kind: endpoint,
    login,
    at: config.now(),
    line: `${req.method} ${placeOf(request)}`,
    ...(variant !== undefined && { variant: window.redaction.words(variant) }),
    status: answer?.status ?? 0,
    durationMs,
    asked: askedOf(state, request, pairs),
    answered: answer === undefined ? [] : answeredOf(state, request, given),
    ...(note.error !== undefined && { error: window.redaction.words(note.error) }),
    ...(note.reason !== undefined && { reason: window.redaction.words(note.reason) }),
  })
  if (about !== undefined && handedOver !== undefined) recordCallback(state, login, about, handedOver)
}

function parametersOf(req: Request): Pairs {
  return (formOf(req) ?? parseParameters(queryOf(req))).pairs
}

// Neither the id of a consent page nor what may stand in the path of the Roster API is for the eyes of everybody.
function placeOf({ endpoint, req, note }: AnsweredRequest): string {
  if (endpoint === 'roster') return `/rosterapi/v1${note.path ?? '/…'}`
  return endpoint === 'consent' ? '/simulator/consent/…' : req.path
}

function askedOf(state: SimulatorState, { endpoint, req }: AnsweredRequest, pairs: Pairs): ShownField[] {
  const { redaction } = state.window
  const fields = pairs.slice(0, mostParameters).map(([name, value]) => {
    const person = endpoint === 'consent' && name === 'person' ? state.directory.person(value) : undefined
    return redaction.field(name, person === undefined ? value : fullName(person))
  })
  const bearer = bearerOf(req.headers.authorization)
  return bearer === undefined ? fields : [redaction.field('access_token', bearer), ...fields]
}

// A page of a school may be large, so it is only measured.
function tokensOf({ endpoint, answer }: AnsweredRequest): Readonly<Record<string, unknown>> | undefined {
  const isJson = answer?.headers['Content-Type']?.startsWith('application/json') === true
  if (endpoint === 'roster' || !isJson || answer.body.length > longestAnswer) return undefined
  return JSON.parse(answer.body) as Readonly<Record<string, unknown>>
}

function answeredOf(
  { window: { redaction } }: SimulatorState,
  { answer, endpoint, handedOver }: AnsweredRequest,
  given: Readonly<Record<string, unknown>> | undefined,
): ShownField[] {
  if (given !== undefined) {
    return Object.entries(given).map(([name, value]) =>
      redaction.field(name, name === 'keys' && Array.isArray(value) ? keyIds(value) : value),
    )
  }
  const { body = '', status = 0 } = answer ?? {}
  if (body === '') return redirects.includes(status) ? [redaction.field('answer', 'Sends the browser on.')] : []
  if (endpoint === 'roster') return [redaction.field('body', `${String(Math.ceil(body.length / 1000))} kB of JSON`)]
  if (handedOver !== undefined) return [redaction.field('answer', 'A page that posts the answer to the app.')]
  return [redaction.field('answer', status < 400 ? 'A page for the person.' : 'A page that says what is wrong.')]
}

function keyIds(keys: readonly { readonly kid?: unknown }[]): string {
  return keys.map(({ kid }) => String(kid)).join(', ')
}
