import { firstApprover } from '../approvers.js'
import type { RegisteredClient } from '../client-registry.js'
import { fullName, type SimulatorPerson } from '../person.js'
import { testOrganization } from '../seed.js'
import { serviceNames, services, type SimulatorService } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Notification } from './notification.js'
import type { NotifyOptions } from './notify-options.js'

/** Who is told about whom. */
export type NotificationTarget = Pick<AnyNotification, 'service' | 'client' | 'person' | 'organizationId' | 'grant'>

type AnyNotification = Notification<RegisteredClient>
type App = Pick<AnyNotification, 'service' | 'client'>
type IsTold = (client: RegisteredClient) => boolean

/**
 * Finds the app, the person, the school and the live consent that somebody means.
 * @throws TypeError for what is unknown, missing or does not fit
 */
export function findTarget(state: SimulatorState, options: NotifyOptions, isTold: IsTold): NotificationTarget {
  const { personId, organizationId } = options
  const person = state.directory.person(personId ?? '')
  if (personId !== undefined && person === undefined) throw refusal(`there is no person with the id ${personId}`)
  if (organizationId !== undefined && state.directory.school(organizationId) === undefined) {
    throw refusal(`there is no school with the id ${organizationId}`)
  }
  const app = findApp(state, options, isTold)
  if (app.service === 'account-data-sharing') return findSchool(state, app, person, organizationId)
  if (person === undefined) throw refusal(`${services[app.service].title} tells about a person: give personId`)
  return { ...app, person, organizationId: undefined, grant: state.grants.find({ ...app, person }) }
}

function findSchool(
  { directory, grants }: SimulatorState,
  app: App,
  person: SimulatorPerson | undefined,
  given: string | undefined,
): NotificationTarget {
  const testId = person?.role === 'developer' ? testOrganization.id : undefined
  const organizationId = given ?? person?.organizationId ?? testId
  if (organizationId === undefined) {
    const why = person === undefined ? '' : `, and ${fullName(person)} belongs to none`
    throw refusal(`${services[app.service].title} tells about a school${why}: give organizationId`)
  }
  const grant = grants.find({ ...app, organizationId })
  const about = person ?? grant?.person ?? firstApprover(organizationId, directory)
  if (about === undefined) throw refusal(`nobody may approve for the school ${organizationId}: give personId`)
  return { ...app, person: about, organizationId, grant }
}

function findApp({ clients }: SimulatorState, { clientId, organizationId }: NotifyOptions, isTold: IsTold): App {
  const possible = organizationId === undefined ? serviceNames : (['account-data-sharing'] as const)
  if (clientId === undefined) return findOnlyApp(clients.list().filter(isTold), possible)
  const client = clients.find(clientId)
  if (client === undefined) throw refusal(`the client ${clientId} is not registered`)
  if (!isTold(client)) throw refusal(`the client ${clientId} has no notificationUrl`)
  const service = possible.find((name) => client.services.includes(name))
  if (service === undefined) throw refusal(`${clientId} is told about people, not schools: leave organizationId out`)
  return { service, client }
}

function findOnlyApp(notified: readonly RegisteredClient[], possible: readonly SimulatorService[]): App {
  for (const service of possible) {
    const [client, ...others] = notified.filter(({ services: its }) => its.includes(service))
    if (client === undefined) continue
    if (others.length === 0) return { service, client }
    const ids = [client, ...others].map(({ clientId }) => clientId).join(', ')
    throw refusal(`several apps of ${services[service].title} have a notificationUrl (${ids}): give clientId`)
  }
  const titles = possible.map((service) => services[service].title).join(' or ')
  throw refusal(`no app of ${titles} has a notificationUrl: give one to createClient or registerClient`)
}

function refusal(why: string): TypeError {
  return new TypeError(`notify: ${why}.`)
}
