import escapeHtml from 'escape-html'
import type { Grant } from '../grant-book.js'
import type { Parameters } from '../parameters.js'
import { fullName } from '../person.js'
import { serviceTitle } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'

/** Where the buttons post to. */
export const stopUsingPath = '/simulator/stop-using'

const shown = 50

/** Lists the live consents, the latest first, each with a button that ends it; `path` is where the simulator is mounted. */
export function consentList(state: SimulatorState, path: string): string {
  // The team itself consents to nothing.
  const consents = state.grants.list().filter(({ person }) => person !== undefined)
  if (consents.length === 0) return '<p class="quiet">Nobody uses an app at the moment.</p>'
  const latest = consents.slice(-shown).reverse()
  const rows = latest.map((grant, index) => row(state, grant, `${path}${stopUsingPath}`, `consent-${String(index)}`))
  const rest = consents.length - latest.length
  const more = rest === 0 ? '' : `\n<p class="quiet">And ${String(rest)} more, from earlier.</p>`
  return `<ul class="rows">\n${rows.join('\n')}\n</ul>${more}`
}

/** Tells the consent that the fields of a button mean. */
export function isConsentOf(grant: Grant, form: Parameters): boolean {
  return Object.entries(fieldsOf(grant)).every(([name, value]) => value !== undefined && form.get(name) === value)
}

/** Says whose consent it is, and to which apps. */
export function consentWords(state: SimulatorState, grant: Grant): string {
  return `${ownerOf(state, grant)} (${appsOf(state, grant).join(', ')})`
}

function row(state: SimulatorState, grant: Grant, action: string, id: string): string {
  const inputs = Object.entries(fieldsOf(grant)).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value ?? '')}">`,
  )
  const apps = appsOf(state, grant).map((app) => `<code>${escapeHtml(app)}</code>`)
  return `<li><span id="${id}"><span class="who">${escapeHtml(ownerOf(state, grant))}</span>
<span class="what">${apps.join(', ')} · ${escapeHtml(serviceTitle(grant.service))}</span></span>
<form method="post" action="${escapeHtml(action)}">${inputs.join('')}
<button type="submit" class="second" aria-describedby="${id}">Stop using this app</button></form></li>`
}

function fieldsOf({ service, consentGroup, person, organizationId }: Grant) {
  return { service, group: consentGroup, owner: organizationId ?? person?.id }
}

function ownerOf({ directory }: SimulatorState, { person, organizationId }: Grant): string {
  const name = person === undefined ? '' : fullName(person)
  if (organizationId === undefined) return name
  return `${directory.school(organizationId)?.name ?? organizationId}, approved by ${name}`
}

// A consent that was kept in the state file may be older than the registration of its app.
function appsOf({ clients }: SimulatorState, { service, consentGroup }: Grant): readonly string[] {
  const apps = clients.list().filter((app) => app.consentGroup === consentGroup && app.services.includes(service))
  return apps.length === 0 ? [consentGroup] : apps.map(({ clientId }) => clientId)
}
