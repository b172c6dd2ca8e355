import { requireKnownNames } from './known-names.js'
import type { SimulatorPerson, SimulatorRole, SimulatorSchool } from './person.js'
import { requireSchoolSize } from './school-size.js'
import { seededPeople, seededSchools, testOrganization } from './seed.js'

/** Who and which schools there are. */
export interface Directory {
  readonly people: readonly SimulatorPerson[]
  /** Apple's test organization comes first. */
  readonly schools: readonly SimulatorSchool[]
  readonly person: (id: string) => SimulatorPerson | undefined
  readonly school: (id: string) => SimulatorSchool | undefined
  /** @throws TypeError as `createDirectory` */
  readonly addPerson: (person: SimulatorPerson) => SimulatorPerson
  /** Changes what is known of somebody, everywhere at once; `email: null` takes the address away. */
  readonly change: (id: string, changes: PersonFields) => void
  /** @throws TypeError as `createDirectory` */
  readonly addSchool: (school: SimulatorSchool) => SimulatorSchool
}

/** What of a person can change. */
export interface PersonFields {
  readonly givenName?: string
  readonly familyName?: string
  /** `null` for no address at all. */
  readonly email?: string | null
  readonly emailVerified?: boolean
}

type ChangeablePerson = { -readonly [Name in keyof SimulatorPerson]: SimulatorPerson[Name] }

const personNames = ['id', 'givenName', 'familyName', 'role', 'email', 'emailVerified', 'organizationId']
const schoolNames = ['id', 'name', 'domains', 'dateCreated', 'dateLastModified', 'size', 'students', 'classes']
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
  const peopleById = new Map<string, ChangeablePerson>()
  function addSchool(school: SimulatorSchool): SimulatorSchool {
    checkSchool(school)
    if (schoolsById.has(school.id)) throw new TypeError(`Two schools have the id ${school.id}. Ids must differ.`)
    const added = Object.freeze({ ...school })
    schoolsById.set(school.id, added)
    return added
  }
  function addPerson(person: SimulatorPerson): SimulatorPerson {
    checkPerson(person, schoolsById)
    if (peopleById.has(person.id)) throw new TypeError(`Two people have the id ${person.id}. Ids must differ.`)
    // Consents and tokens point to it, so that a change shows everywhere.
    const added = { ...person }
    peopleById.set(person.id, added)
    return added
  }
  schools.forEach(addSchool)
  people.forEach(addPerson)
  return {
    get people() {
      return Object.freeze([...peopleById.values()])
    },
    get schools() {
      return Object.freeze([...schoolsById.values()])
    },
    person: (id) => peopleById.get(id),
    school: (id) => schoolsById.get(id),
    addPerson,
    change(id, { email, ...changes }) {
      const person = peopleById.get(id)
      if (person === undefined) return
      Object.assign(person, changes, typeof email === 'string' ? { email } : {})
      if (email === null) delete person.email
    },
    addSchool,
  }
}

/** Tells a managed account from a private one. */
export function isManaged(person: SimulatorPerson): boolean {
  return person.organizationId !== undefined
}

function checkSchool(school: SimulatorSchool): void {
  const { name, size, students, classes } = school
  requireKnownNames(`school ${name}`, school, schoolNames)
  if (size !== undefined) requireSchoolSize(`The size of school ${name}`, size)
  if (students !== undefined) requireSchoolSize(`The students of school ${name}`, students)
  if (classes !== undefined) requireSchoolSize(`The classes of school ${name}`, classes)
  if (size !== undefined && students !== undefined) {
    throw new TypeError(`school ${name} has both size and students: give one of them.`)
  }
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
