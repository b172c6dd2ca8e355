import escapeHtml from 'escape-html'
import type { Delivery } from '../notifications/outbox.js'
import { fullName } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'

const shown = 20

/** Shows the latest notifications and what became of them, the latest first. */
export function notificationTable(state: SimulatorState): string {
  const latest = state.outbox.list().slice(-shown).reverse()
  if (latest.length === 0) return '<p class="quiet">No app was told anything yet.</p>'
  return `<div class="table"><table>
<thead><tr><th scope="col">Time</th><th scope="col">Event</th><th scope="col">About</th><th scope="col">App</th>
<th scope="col">What became of it</th></tr></thead>
<tbody>
${latest.map((delivery) => row(state, delivery)).join('\n')}
</tbody>
</table></div>`
}

function row(state: SimulatorState, delivery: Readonly<Delivery>): string {
  const time = new Date(delivery.at).toISOString()
  return `<tr><td><time datetime="${time}">${time.slice(11, 19)} UTC</time></td>
<td><code>${escapeHtml(delivery.type)}</code></td><td>${escapeHtml(aboutOf(state, delivery))}</td>
<td><code>${escapeHtml(delivery.clientId)}</code></td><td>${outcomeOf(delivery)}</td></tr>`
}

function aboutOf({ directory }: SimulatorState, { personId, organizationId }: Readonly<Delivery>): string {
  if (organizationId !== undefined) return directory.school(organizationId)?.name ?? organizationId
  const person = directory.person(personId)
  return person === undefined ? personId : fullName(person)
}

function outcomeOf({ isUnderWay, attempts, status }: Readonly<Delivery>): string {
  const often = attempts === 1 ? 'once' : `${String(attempts)} times`
  if (status === 200) return attempts === 1 ? 'The app took it' : `The app took it; sent ${often}`
  if (isUnderWay && attempts <= 1 && status === 0) return 'On its way'
  const answer = status === 0 ? 'No answer' : `The app answered ${String(status)}`
  return `${answer}; sent ${often}, ${isUnderWay ? 'to be sent again' : 'given up'}`
}
