// https://developer.apple.com/documentation/rosterapi
import express, { type Router } from 'express'
import { emptyAnswer, jsonAnswer, type Answer } from '../answer.js'
import type { SimulatorSchool } from '../person.js'
import type { RequestNote } from '../request-log.js'
import { rosterScopes } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Authorization } from '../token-book.js'
import { serve } from './endpoint.js'

/** The Roster API, as far as it is simulated: the organization. Everything else is 404. */
export function createRosterRouter(state: SimulatorState): Router {
  const router = express.Router()
  router.get(
    '/organization',
    serve(state, 'roster', undefined, (req, _res, note) =>
      answerWithin(state, req.headers.authorization, note, organization),
    ),
  )
  router.use(
    serve(state, 'roster', undefined, (_req, _res, note) => {
      note.reason = 'the simulator does not know this resource'
      return emptyAnswer(404)
    }),
  )
  return router
}

/** Finds the one school that the bearer token opens; 401 and 403 have no body, since Apple documents none. */
function answerWithin(
  state: SimulatorState,
  header: string | undefined,
  note: RequestNote,
  read: (school: SimulatorSchool) => Answer,
): Answer {
  const authorization = parseBearer(state, header)
  if (authorization === undefined) {
    note.reason = 'the access token is missing, unknown, expired or revoked'
    return emptyAnswer(401)
  }
  note.clientId = authorization.clientId
  const school = state.directory.school(authorization.grant.organizationId ?? '')
  if (school === undefined || !authorization.scopes.some((scope) => rosterScopes.includes(scope))) {
    note.reason = 'the access token has no scope for the Roster API'
    return emptyAnswer(403)
  }
  return read(school)
}

function parseBearer(state: SimulatorState, header: string | undefined): Authorization | undefined {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header ?? '')?.[1]
  const issued = token === undefined ? undefined : state.tokens.find(token)
  if (issued?.kind !== 'access_token' || !state.tokens.isLive(issued)) return undefined
  return issued.authorization
}

function organization({ id, name, domains = [], dateCreated, dateLastModified }: SimulatorSchool): Answer {
  // JSON leaves undefined members out, as Apple's samples leave out what is absent.
  return jsonAnswer({ id, type: 'EDUCATION', name, domains, dateCreated, dateLastModified })
}
