import { bearerOf } from '../bearer-token.js'
import { fullName } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Login } from './login.js'
import type { AnsweredRequest } from './record-request.js'

/** Keys are asked for without a word about whom: right after a login they are its own. */
const closeMs = 10_000

/** Finds or begins the login of a request, and remembers where its codes and tokens came from. */
export function findLogin(
  state: SimulatorState,
  request: AnsweredRequest,
  asked: ReadonlyMap<string, string>,
  given: Readonly<Record<string, unknown>> | undefined,
): Login {
  const { logins } = state.window
  const login = loginOf(state, request, asked)
  if (request.endpoint === 'token') {
    for (const name of ['access_token', 'refresh_token']) {
      const token = given?.[name]
      if (typeof token === 'string') logins.remember(token, login)
    }
  }
  const { handedOver, about } = request
  if (handedOver?.code !== undefined && about !== undefined) {
    logins.remember(handedOver.code, login)
    const personId = asked.get('person') ?? ''
    const person = state.directory.person(personId)
    login.who = person === undefined ? undefined : fullName(person)
    logins.own(about.client.clientId, personId, login)
  }
  return login
}

function loginOf(
  { window: { logins, redaction, log }, config }: SimulatorState,
  { endpoint, service, req, note, about, answer }: AnsweredRequest,
  asked: ReadonlyMap<string, string>,
): Login {
  const { clientId } = note
  if (endpoint === 'authorize') {
    const sent = asked.get('state')
    const login = logins.begin({ service, clientId, stateTag: sent ? redaction.tag(sent) : undefined })
    if (about !== undefined) logins.tie(about, login)
    return login
  }
  if (endpoint === 'consent') return logins.ofRequest(about) ?? logins.none
  if (endpoint === 'token') {
    const known = logins.ofSecret(asked.get('code') ?? asked.get('refresh_token'))
    if (known !== undefined || answer?.status !== 200) return known ?? logins.none
    return logins.begin({ service, clientId })
  }
  if (endpoint === 'keys') {
    const latest = log.list().findLast(({ kind }) => kind !== 'note')
    return latest !== undefined && config.now() - latest.at < closeMs ? latest.login : logins.none
  }
  return logins.ofSecret(asked.get('token') ?? bearerOf(req.headers.authorization)) ?? logins.none
}
