import type { ClientRegistry } from '../client-registry.js'
import type { Directory } from '../directory.js'
import type { SimulatorPerson, SimulatorSchool } from '../person.js'
import { sizeWithStudents } from './population.js'
import { createSchoolRoster, type SchoolRoster } from './school-roster.js'

/** What all rosters of a simulator have in common. */
export interface RostersSource {
  readonly directory: Directory
  readonly clients: ClientRegistry
  readonly subject: (person: SimulatorPerson, teamId: string) => string
  /** The size of a school that does not say its own. */
  readonly schoolSize: number
  readonly hasRoles: boolean
}

/** Finds the roster of a school as a team sees it: each team has ids of its own, as in id_tokens. */
export type Rosters = (school: SimulatorSchool, teamId: string) => SchoolRoster

/** Builds each roster when it is first read, and anew when the school has got more people of its own. */
export function createRosters({ directory, clients, subject, schoolSize, hasRoles }: RostersSource): Rosters {
  const rosters = new Map<string, { readonly roster: SchoolRoster; readonly members: number }>()
  return function rosterOf(school, teamId) {
    const key = `${school.id} ${teamId}`
    const members = directory.people.filter(({ organizationId }) => organizationId === school.id)
    const known = rosters.get(key)
    if (known?.members === members.length) return known.roster
    const roster = createSchoolRoster({
      school,
      size: sizeOf(school, members, schoolSize),
      members,
      subject: (person) => subject(person, teamId),
      // The first team sees the same ids whatever it is called.
      teamSeed: teamId === clients.firstTeamId() ? '' : teamId,
      hasRoles,
    })
    rosters.set(key, { roster, members: members.length })
    return roster
  }
}

function sizeOf({ size, students }: SimulatorSchool, members: readonly SimulatorPerson[], usual: number): number {
  if (students === undefined) return size ?? usual
  const roles = members.map(({ role }) => role)
  return sizeWithStudents(roles, students)
}
