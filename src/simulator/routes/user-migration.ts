// https://developer.apple.com/documentation/sign_in_with_apple/transferring_your_apps_and_users_to_another_team
import { emptyAnswer, jsonAnswer, type Answer } from '../answer.js'
import { transferredGrant, transferSubject } from '../app-transfer/transfer-subject.js'
import { readBearer } from '../bearer-token.js'
import { authenticateClient, requireFields } from '../client-authentication.js'
import type { RegisteredClient } from '../client-registry.js'
import { readForm } from '../form-body.js'
import { OAuthError } from '../oauth-error.js'
import type { Parameters } from '../parameters.js'
import { relayEmail } from '../relay-email.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Endpoint } from './endpoint.js'

/** Where both teams move people. */
export const userMigrationPath = '/auth/usermigrationinfo'

/** POST usermigrationinfo: a `transfer_sub` for the team that gives an app away, a `sub` for the one that gets it. */
export function userMigrationEndpoint(state: SimulatorState): Endpoint {
  return async function userMigration(req, res, note) {
    if (req.method !== 'POST') {
      note.reason = `the method is ${req.method}, not POST`
      return withHeader(emptyAnswer(405), 'Allow', 'POST')
    }
    const form = await readForm(req, res)
    requireFields(form, ['client_id', 'client_secret'])
    const isReceiving = requireOneDirection(form)
    const client = authenticateClient(state, 'sign-in-with-apple', form, note)
    const token = readBearer(state, req.headers.authorization)
    if (token === undefined) {
      note.reason = 'the access token is missing, unknown, expired or revoked'
      return withHeader(emptyAnswer(401), 'WWW-Authenticate', 'Bearer error="invalid_token"')
    }
    if (!token.scopes.includes('user.migration') || token.clientId !== client.clientId) {
      throw refusal('the access token is not one for user.migration that this client was given')
    }
    return isReceiving ? exchange(state, client, form) : transfer(state, client, form)
  }
}

/** Answers whether it is the receiving team's. */
function requireOneDirection(form: Parameters): boolean {
  const isReceiving = form.has('transfer_sub')
  if (!isReceiving) requireFields(form, ['sub', 'target'])
  else if (form.has('sub') || form.has('target')) throw refusal('transfer_sub excludes sub and target')
  else requireFields(form, ['transfer_sub'])
  return isReceiving
}

/** For the team that gives the app away. */
function transfer(state: SimulatorState, client: RegisteredClient, form: Parameters): Answer {
  const target = form.get('target') ?? ''
  const outgoing = state.transfers.outgoing(client, target)
  if (outgoing === undefined) throw refusal('no transfer of this app to that team is open: 60 days from transferApp()')
  const person = state.directory.people.find((each) => state.subject(each, client.teamId) === form.get('sub'))
  if (person === undefined || transferredGrant(state, outgoing, person) === undefined) {
    throw refusal('the sub is nobody of this team, or somebody who does not use the app (any more)')
  }
  return jsonAnswer({ transfer_sub: transferSubject(person, target) })
}

/** For the team that gets it. */
function exchange(state: SimulatorState, client: RegisteredClient, form: Parameters): Answer {
  const { teamId, consentGroup } = client
  const incoming = state.transfers.incoming(teamId)
  if (incoming.length === 0) throw refusal('no transfer to this team is open: 60 days from transferApp()')
  const person = state.directory.people.find((each) => transferSubject(each, teamId) === form.get('transfer_sub'))
  if (person === undefined) throw refusal('the transfer_sub is not for this team')
  const grant = incoming.map((each) => transferredGrant(state, each, person)).find((each) => each !== undefined)
  if (grant === undefined) throw refusal('the person does not use the app (any more)')
  return jsonAnswer({
    sub: state.subject(person, teamId),
    ...(grant.hideEmail === true && { email: relayEmail(consentGroup, person), is_private_email: true }),
  })
}

function withHeader({ headers, ...answer }: Answer, name: string, value: string): Answer {
  return { ...answer, headers: { ...headers, [name]: value } }
}

function refusal(reason: string): OAuthError {
  return new OAuthError('invalid_request', reason)
}
