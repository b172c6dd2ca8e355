import escapeHtml from 'escape-html'
import { consentsWithEmail, type PersonChanges } from '../change-person.js'
import { isManaged } from '../directory.js'
import type { Parameters } from '../parameters.js'
import { fullName, type SimulatorPerson } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'

/** Where the forms post to. */
export const changePersonPath = '/simulator/change-person'

const shown = 50

/** Shows each person in a form of their own; `path` is where the simulator is mounted. */
export function personForms(state: SimulatorState, path: string): string {
  const people = state.directory.people.slice(0, shown)
  const rest = state.directory.people.length - people.length
  const forms = people.map((person) => personForm(state, person, `${path}${changePersonPath}`))
  const more =
    rest === 0 ? '' : `\n<p class="quiet">And ${String(rest)} more, whom simulator.changePerson() changes.</p>`
  return `${forms.join('\n')}${more}`
}

/** Reads what a form says. */
export function readChanges(form: Parameters): { readonly id: string; readonly changes: PersonChanges } {
  const hide = form.get('hide_email')
  return {
    id: form.get('person') ?? '',
    changes: {
      givenName: form.get('given_name') ?? '',
      familyName: form.get('family_name') ?? '',
      email: form.get('email') ?? null,
      emailVerified: form.get('email_verified') === 'true',
      ...(hide !== undefined && { hideEmail: hide === 'true' }),
    },
  }
}

function personForm(state: SimulatorState, person: SimulatorPerson, action: string): string {
  const { id, givenName, familyName, email } = person
  const isVerified = person.emailVerified ?? !isManaged(person)
  return `<details class="person"><summary>${escapeHtml(fullName(person))}</summary>
<form method="post" action="${escapeHtml(action)}" class="fields">
<input type="hidden" name="person" value="${escapeHtml(id)}">
${text('First name', 'given_name', givenName)}
${text('Last name', 'family_name', familyName)}
<label>E-mail <input type="text" name="email"${valueOf(email)} maxlength="255" placeholder="none" autocomplete="off"></label>
<label class="check"><input type="checkbox" name="email_verified" value="true"${isVerified ? ' checked' : ''}> E-mail verified</label>
${relay(state, person)}<button type="submit" class="second">Save ${escapeHtml(fullName(person))}</button>
</form></details>`
}

// Only where some app knows an address: before that, the consent page asks.
function relay(state: SimulatorState, person: SimulatorPerson): string {
  const [consent] = consentsWithEmail(state, person)
  if (consent === undefined) return ''
  const option = (value: boolean, words: string) =>
    `<option value="${String(value)}"${consent.hideEmail === value ? ' selected' : ''}>${words}</option>`
  return `<label>Apps get <select name="hide_email">${option(false, 'the person’s own address')}${option(true, 'a relay address')}</select></label>\n`
}

function text(label: string, name: string, value: string): string {
  return `<label>${label} <input type="text" name="${name}"${valueOf(value)} maxlength="255" required autocomplete="off"></label>`
}

function valueOf(value: string | undefined): string {
  return value === undefined ? '' : ` value="${escapeHtml(value)}"`
}
