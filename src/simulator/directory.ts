import { requireKnownNames } from './known-names.js'
import type { SimulatorPerson, SimulatorRole, SimulatorSchool } from './person.js'
import { requireSchoolSize } from './school-size.js'
import { seededPeople, seededSchools, testOrganization } from './seed.js'

/** Who and which schools there are; nothing in it changes. */
export interface Directory {
  readonly people: readonly SimulatorPerson[]
  /** Apple's test organization comes first. */
  readonly schools: readonly SimulatorSchool[]
  readonly person: (id: string) => SimulatorPerson | undefined
  readonly school: (id: string) => SimulatorSchool | undefined
}

const personNames = ['id', 'givenName', 'familyName', 'role', 'email', 'emailVerified', 'organizationId']
const schoolNames = ['id', 'name', 'domains', 'dateCreated', 'dateLastModified', 'size']
const unmanaged: readonly SimulatorRole[] = ['consumer', 'developer']
const roles: readonly SimulatorRole[] = [
  ...unmanaged,
  'administrator',
  'site-manager',
  'instructor',
  'staff',
  'student',
]

/**
 * Builds the directory; Apple's test organization is always part of it.
 * @throws TypeError when ids repeat, a role is unknown, or a person and a school do not fit
 */
export function createDirectory(
  people: readonly SimulatorPerson[] = seededPeople,
  schools: readonly SimulatorSchool[] = seededSchools,
): Directory {
  const schoolsById = new Map<string, SimulatorSchool>([[testOrganization.id, testOrganization]])
  for (const school of schools) {
    requireKnownNames(`school ${school.name}`, school, schoolNames)
    if (school.size !== undefined) requireSchoolSize(`The size of school ${school.name}`, school.size)
    if (schoolsById.has(school.id)) throw new TypeError(`Two schools have the id ${school.id}. Ids must differ.`)
    schoolsById.set(school.id, Object.freeze({ ...school }))
  }
  const peopleById = new Map<string, SimulatorPerson>()
  for (const person of people) {
    checkPerson(person, schoolsById)
    if (peopleById.has(person.id)) throw new TypeError(`Two people have the id ${person.id}. Ids must differ.`)
    peopleById.set(person.id, Object.freeze({ ...person }))
  }
  return {
    people: Object.freeze([...peopleById.values()]),
    schools: Object.freeze([...schoolsById.values()]),
    person: (id) => peopleById.get(id),
    school: (id) => schoolsById.get(id),
  }
}

/** Tells a managed account from a private one. */
export function isManaged(person: SimulatorPerson): boolean {
  return person.organizationId !== undefined
}

function checkPerson(person: SimulatorPerson, schools: ReadonlyMap<string, SimulatorSchool>): void {
  const who = `person ${person.givenName} ${person.familyName}`
  requireKnownNames(who, person, personNames)
  if (person.id === '' || person.id.length > 255) throw new TypeError(`The id of ${who} must have 1 to 255 characters.`)
  if (!roles.includes(person.role)) throw new TypeError(`The role of ${who} must be one of ${roles.join(', ')}.`)
  if (unmanaged.includes(person.role)) {
    if (isManaged(person)) throw new TypeError(`${who} is a ${person.role} and so cannot have an organizationId.`)
    return
  }
  if (person.organizationId === undefined)
    throw new TypeError(`${who} is a ${person.role} and needs an organizationId.`)
  if (!schools.has(person.organizationId)) {
    throw new TypeError(
      `${who} belongs to ${person.organizationId}, which no school has as id. Give both \`people\` and \`schools\`.`,
    )
  }
}
