import escapeHtml from 'escape-html'
import type { Answer } from './answer.js'
import { listCandidates, type Candidate } from './approvers.js'
import type { AuthorizationRequest } from './authorization-request.js'
import type { Directory } from './directory.js'
import { fullName, type SimulatorRole } from './person.js'
import { pageAnswer } from './page.js'
import { services, testScope } from './services.js'

/** What the page needs besides the request. */
export interface ConsentPage {
  readonly request: AuthorizationRequest
  readonly directory: Directory
  /** Where the decision is posted. */
  readonly action: string
  /** Why the last decision did not count. */
  readonly alert?: string
}

const roleTitles: Readonly<Record<SimulatorRole, string>> = {
  consumer: 'Private account',
  developer: 'Developer account',
  administrator: 'Administrator',
  'site-manager': 'Site manager',
  instructor: 'Instructor',
  staff: 'Staff',
  student: 'Student',
}

const scopeTitles: Readonly<Partial<Record<string, string>>> = {
  name: 'first and last name',
  email: 'e-mail address',
  openid: 'an identifier',
  'edu.users.read': 'people of the school',
  'edu.classes.read': 'classes of the school',
  [testScope]: 'synthetic test data',
}

/** Asks who answers and what. Default status: 200. */
export function consentPage({ request, directory, action, alert }: ConsentPage, status = 200): Answer {
  const candidates = listCandidates(request, directory)
  const { clientId } = request.client
  const isSharing = request.service === 'account-data-sharing'
  const title = isSharing ? `Share school data with ${clientId}` : `Sign in to ${clientId}`
  const main = `<p class="service">${escapeHtml(services[request.service].title)}</p>
<h1>${escapeHtml(title)}</h1>
<p class="quiet">This is a simulator for development and tests. Choose who you are; no password is needed.</p>
${alert === undefined ? '' : `<p class="alert" role="alert">${escapeHtml(alert)}</p>\n`}${summary(request)}
<form method="post" action="${escapeHtml(action)}">
<fieldset>
<legend>${isSharing ? 'Who approves?' : 'Who signs in?'}</legend>
${people(candidates, directory)}
</fieldset>
${hideEmailChoice(request)}<div class="actions">
<button type="submit" name="decision" value="continue">Continue</button>
<button type="submit" name="decision" value="cancel" class="second">Cancel</button>
</div>
</form>`
  return pageAnswer({ title, main }, status)
}

function summary({ client, scopes, redirectUri }: AuthorizationRequest): string {
  const asked = scopes.map(
    (scope) => `${escapeHtml(scopeTitles[scope] ?? '')} <small><code>${escapeHtml(scope)}</code></small>`,
  )
  return `<dl>
<dt>App</dt><dd><code>${escapeHtml(client.clientId)}</code></dd>
<dt>Asks for</dt><dd>${asked.length === 0 ? 'nothing besides the sign-in' : asked.join('<br>')}</dd>
<dt>Returns to</dt><dd><code>${escapeHtml(redirectUri)}</code></dd>
</dl>`
}

function people(candidates: readonly Candidate[], directory: Directory): string {
  const chosen = candidates.find(({ refusal }) => refusal === undefined)
  // Groups with somebody who can approve come first.
  const suitableFirst = [...candidates].sort(
    (a, b) => Number(a.refusal !== undefined) - Number(b.refusal !== undefined),
  )
  const organizationIds = new Set(suitableFirst.map(({ person }) => person.organizationId))
  return [...organizationIds]
    .map((id) => {
      const name = id === undefined ? 'Private accounts' : (directory.school(id)?.name ?? id)
      const members = candidates.filter(({ person }) => person.organizationId === id)
      const rows = members.map((candidate) => choice(candidate, candidate === chosen))
      return `<p class="group">${escapeHtml(name)}</p>\n<div class="choices">\n${rows.join('\n')}\n</div>`
    })
    .join('\n')
}

function choice({ person, refusal }: Candidate, isChosen: boolean): string {
  const what = refusal ?? person.email ?? 'no e-mail address'
  const flags = `${isChosen ? ' checked' : ''}${refusal === undefined ? '' : ' disabled'}`
  return `<label class="choice"><input type="radio" name="person" value="${escapeHtml(person.id)}"${flags}>
<span><span class="who">${escapeHtml(fullName(person))}</span>
<span class="what">${escapeHtml(`${roleTitles[person.role]} · ${what}`)}</span></span></label>`
}

function hideEmailChoice({ service, scopes }: AuthorizationRequest): string {
  if (service !== 'sign-in-with-apple' || !scopes.includes('email')) return ''
  return `<fieldset>
<legend>E-mail address</legend>
<div class="choices">
<label class="choice"><input type="checkbox" name="hide_email" value="true">
<span><span class="who">Hide My Email</span>
<span class="what">The app gets a relay address. Private accounts only; counts the first time, as at Apple.</span></span></label>
</div>
</fieldset>
`
}
