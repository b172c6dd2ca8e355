import { isManaged, type PersonFields } from './directory.js'
import { requireKnownNames } from './known-names.js'
import { fullName, type SimulatorPerson } from './person.js'
import type { SimulatorState } from './simulator-state.js'

/** What can change in a person's life; what is left out stays. A restart forgets it, with or without a state file. */
export interface PersonChanges extends PersonFields {
  /** Whether the apps that know an address of this private account get the relay address instead of its own. */
  readonly hideEmail?: boolean
}

// A Record, so that the compiler asks for a new member here too.
const changeNames: Record<keyof PersonChanges, true> = {
  givenName: true,
  familyName: true,
  email: true,
  emailVerified: true,
  hideEmail: true,
}

/**
 * Changes a person: the next id_token, the consent page and the Roster API show it.
 * @throws TypeError for somebody unknown and for what cannot be
 */
export function changePerson(state: SimulatorState, id: string, changes: PersonChanges): SimulatorPerson {
  requireKnownNames('changePerson', changes, Object.keys(changeNames))
  const person = state.directory.person(id)
  if (person === undefined) throw refusal(`there is no person with the id ${id}`)
  const { hideEmail, ...fields } = changes
  checkFields(fields)
  if (hideEmail !== undefined) {
    requireFlag('hideEmail', hideEmail)
    hideEmailIn(state, person, hideEmail)
  }
  state.directory.change(id, fields)
  state.save()
  return person
}

/** The person's live consents that an e-mail address goes to, hidden or not; none for a managed account. */
export function consentsWithEmail({ grants }: SimulatorState, person: SimulatorPerson) {
  if (isManaged(person)) return []
  return grants.list().filter((grant) => grant.person?.id === person.id && grant.hideEmail !== undefined)
}

function hideEmailIn(state: SimulatorState, person: SimulatorPerson, hideEmail: boolean): void {
  const consents = consentsWithEmail(state, person)
  if (consents.length === 0) {
    throw refusal(`no app knows an address of ${fullName(person)}, or the account is a school's: leave hideEmail out`)
  }
  for (const consent of consents) consent.hideEmail = hideEmail
}

function checkFields({ givenName, familyName, email, emailVerified }: PersonFields): void {
  for (const [name, value] of Object.entries({ givenName, familyName, email: email ?? undefined })) {
    if (value !== undefined && (typeof value !== 'string' || value === '' || value.length > 255)) {
      throw refusal(`${name} must be a text of 1 to 255 characters`)
    }
  }
  if (emailVerified !== undefined) requireFlag('emailVerified', emailVerified)
}

function requireFlag(name: string, value: boolean): void {
  if (typeof value !== 'boolean') throw refusal(`${name} must be true or false`)
}

function refusal(why: string): TypeError {
  return new TypeError(`changePerson: ${why}.`)
}
