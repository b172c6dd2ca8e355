import type { AppleSimulator, SimulatorPerson, SimulatorRole, SimulatorSchool } from '../simulator/index.js'

/** The people that every simulator starts with. */
export type SeededPerson =
  | 'home-user'
  | 'second-user'
  | 'school-administrator'
  | 'site-manager'
  | 'class-teacher'
  | 'first-student'
  | 'other-administrator'
  | 'developer-account'

/** Somebody: as `apple.person()` gave them, by name with hyphens, or by id. */
export type PersonReference = SimulatorPerson | SeededPerson | (string & {})

/** A school: as `apple.school()` gave it, by name with hyphens, or by id. */
export type SchoolReference = SimulatorSchool | 'first-school' | 'second-school' | (string & {})

/** Who somebody new is. */
export interface TestPersonOptions {
  /** First and last name. Default: `Test Person 1` and so on. */
  readonly name?: string
  /** Default: `consumer`; with a school `student`. */
  readonly role?: SimulatorRole
  /** False for none. Default: one of their own. */
  readonly email?: string | false
  /** Default: none, a private account. */
  readonly school?: SchoolReference
}

/**
 * Lets there be somebody new.
 * @throws TypeError for who does not fit
 */
export function addPerson(simulator: AppleSimulator, options: TestPersonOptions): SimulatorPerson {
  const number = String(simulator.people.length)
  const { name = `Test Person ${number}` } = options
  const school = options.school === undefined ? undefined : findSchool(simulator, options.school)
  const { role = school === undefined ? 'consumer' : 'student' } = options
  const [givenName = '', ...rest] = name.split(' ')
  const domain = school === undefined ? 'home.example' : (school.domains?.[0]?.name ?? 'school.example')
  const { email = `person${number}@${domain}` } = options
  return simulator.addPerson({
    ...{ givenName, familyName: rest.join(' '), role },
    ...(email !== false && { email }),
    ...(school !== undefined && { organizationId: school.id }),
  })
}

/** @throws TypeError naming those there are */
export function findPerson({ people }: AppleSimulator, reference: PersonReference): SimulatorPerson {
  const id = typeof reference === 'string' ? reference : reference.id
  const found =
    people.find((person) => person.id === id) ??
    people.find(({ givenName, familyName }) => hyphenated(`${givenName} ${familyName}`) === id)
  if (found !== undefined) return found
  const names = people.map(({ givenName, familyName }) => hyphenated(`${givenName} ${familyName}`))
  throw new TypeError(`There is nobody called ${id}. There are: ${names.join(', ')}.`)
}

/** @throws TypeError naming those there are */
export function findSchool({ schools }: AppleSimulator, reference: SchoolReference): SimulatorSchool {
  const id = typeof reference === 'string' ? reference : reference.id
  const found = schools.find((school) => school.id === id) ?? schools.find(({ name }) => hyphenated(name) === id)
  if (found !== undefined) return found
  throw new TypeError(
    `There is no school called ${id}. There are: ${schools.map(({ name }) => hyphenated(name)).join(', ')}.`,
  )
}

/** @throws TypeError when nobody there may approve */
export function findAdministrator(simulator: AppleSimulator, reference: SchoolReference): SimulatorPerson {
  const { id, name } = findSchool(simulator, reference)
  const found = simulator.people.find(({ organizationId, role }) => organizationId === id && mayApprove(role))
  if (found !== undefined) return found
  throw new TypeError(`${name} has no administrator: add one with apple.person({ role: 'administrator', school }).`)
}

function mayApprove(role: SimulatorRole): boolean {
  return role === 'administrator' || role === 'site-manager'
}

function hyphenated(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, '-')
}
