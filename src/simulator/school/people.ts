// https://developer.apple.com/documentation/rosterapi/user
import type { SimulatorPerson, SimulatorSchool } from '../person.js'
import { testOrganization } from '../seed.js'
import { createUserIdCodec } from './id-codec.js'
import { generatedFields, memberFields, testFields, type PersonalFields } from './personal-fields.js'
import { createPopulation, type Population } from './population.js'

/** What the people of a school are made of. */
export interface PeopleSource {
  readonly school: SimulatorSchool
  /** How many people there are at least; members count. */
  readonly size: number
  /** The directory's own people of the school. */
  readonly members: readonly SimulatorPerson[]
  /** The `sub` of a member, for the team that asks. */
  readonly subject: (person: SimulatorPerson) => string
  /** Makes one team's ids of generated people differ from another's. */
  readonly teamSeed: string
}

/** The people of a school by index: its own come first, the generated ones follow. */
export interface People {
  readonly population: Population
  readonly id: (index: number) => string
  /** Finds the index behind an id, which is `size` or more for somebody a larger school would have. */
  readonly index: (id: string) => number | undefined
  readonly fields: (index: number) => PersonalFields
  /** Tells the school's own people from the generated ones. */
  readonly isMember: (index: number) => boolean
}

/** Numbers the people of a school without keeping any but the directory's own. */
export function createPeople({ school, size, members, subject, teamSeed }: PeopleSource): People {
  const roles = members.map(({ role }) => role)
  const population = createPopulation(roles, Math.max(size, members.length))
  const ids = createUserIdCodec(`users ${school.id} ${teamSeed}`)
  const memberIds = members.map(subject)
  const indexOfMember = new Map(memberIds.map((id, index) => [id, index]))
  const domain = domainOf(school)
  const isTest = school.id === testOrganization.id

  function generatedIndex(id: string): number | undefined {
    const number = ids.decode(id)
    return number === undefined ? undefined : number + members.length
  }

  return {
    population,
    id: (index) => memberIds[index] ?? ids.encode(index - members.length),
    index: (id) => indexOfMember.get(id) ?? generatedIndex(id),
    fields(index) {
      const role = population.roleOf(index)
      const member = members[index]
      if (isTest) return { ...testFields(index, role), ...nameOf(member) }
      if (member !== undefined) return memberFields(member, role)
      return generatedFields(role, population.numberOf(index), domain)
    },
    isMember: (index) => index < members.length,
  }
}

/** The school's first domain, for the addresses of its generated people. Default: `school.example`. */
export function domainOf({ domains }: SimulatorSchool): string {
  return domains?.[0]?.name ?? 'school.example'
}

function nameOf(member: SimulatorPerson | undefined): Partial<PersonalFields> {
  if (member === undefined) return {}
  return { givenName: member.givenName, familyName: member.familyName, email: member.email }
}
