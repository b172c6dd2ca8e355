// https://developer.apple.com/documentation/rosterapi/user
import type { SimulatorPerson } from '../person.js'
import type { RosterRole } from './population.js'

/** What a record says of somebody besides id, roles and dates; undefined is left out of the JSON. */
export interface PersonalFields {
  readonly givenName: string
  readonly middleName?: string | undefined
  readonly familyName: string
  readonly email?: string | undefined
  readonly grade?: string | undefined
  /** False for a record without `roleLocationMapping`. */
  readonly hasLocation?: boolean
}

/** Fills the record of one of the directory's own people. */
export function memberFields({ givenName, familyName, email }: SimulatorPerson, role: RosterRole): PersonalFields {
  return { givenName, familyName, email, grade: role === 'Student' ? '1' : undefined }
}

/** Makes up somebody called by role and number; every third student has no e-mail address. */
export function generatedFields(role: RosterRole, number: number, domain: string): PersonalFields {
  const familyName = String(number + 1).padStart(6, '0')
  const isStudent = role === 'Student'
  const hasEmail = !isStudent || number % 3 !== 2
  return {
    givenName: role,
    familyName,
    email: hasEmail ? `${role.toLowerCase()}.${familyName}@${domain}` : undefined,
    grade: isStudent ? String((number % 12) + 1) : undefined,
  }
}

/** Makes up a record of Apple's test organization; five in a row show what a record may lack. */
export function testFields(index: number, role: RosterRole): PersonalFields {
  const number = String(100 + index)
  const state = index % 5
  const [givenName, familyName] = [`given${number}`, `family${number}`]
  return {
    givenName,
    middleName: state === 2 || state === 4 ? undefined : `middle${number}`,
    familyName,
    // As in Apple's sample, the second has neither e-mail address nor grade.
    email: state === 1 || state === 4 ? undefined : `${givenName}${familyName}@mytestschool.org`,
    grade: role !== 'Student' || state === 1 || state === 4 ? undefined : String((index % 12) + 1),
    hasLocation: state < 3,
  }
}
