import type { SimulatorRole } from '../person.js'
import type { Sequence } from './sequence.js'

/** What somebody is in the Roster API. */
export type RosterRole = 'Student' | 'Instructor' | 'Staff'

/** The three roles, as the `role` parameter spells them. */
export const rosterRoles: readonly RosterRole[] = ['Student', 'Instructor', 'Staff']

/** Who is what in a school: the directory's own people first, then generated students, instructors and staff. */
export interface Population {
  readonly size: number
  readonly roleOf: (index: number) => RosterRole
  /** The position of a generated person among the generated ones of the same role, from 0. */
  readonly numberOf: (index: number) => number
  /** Everybody of one role, as indexes. */
  readonly ofRole: (role: RosterRole) => Sequence<number>
}

/** How many people a school has that has so many students. */
export function sizeWithStudents(memberRoles: readonly SimulatorRole[], students: number): number {
  const own = memberRoles.filter((role) => rosterRole(role) === 'Student').length
  let generated = 0
  while (own + generated - instructorsOf(generated) - staffOf(generated) < students) generated++
  return memberRoles.length + generated
}

/** Counts heads: one instructor and one member of staff to eighteen students. */
export function createPopulation(memberRoles: readonly SimulatorRole[], size: number): Population {
  const members = memberRoles.map(rosterRole)
  const generated = size - members.length
  const staff = staffOf(generated)
  const instructors = instructorsOf(generated)
  const firstInstructor = size - staff - instructors
  const firstStaff = size - staff
  const range = (role: RosterRole): [number, number] => {
    if (role === 'Student') return [members.length, firstInstructor]
    return role === 'Instructor' ? [firstInstructor, firstStaff] : [firstStaff, size]
  }
  const roleOf = (index: number): RosterRole => {
    const member = members[index]
    if (member !== undefined) return member
    if (index < firstInstructor) return 'Student'
    return index < firstStaff ? 'Instructor' : 'Staff'
  }
  const createRoleSequence = (role: RosterRole): Sequence<number> => {
    const own = members.flatMap((memberRole, index) => (memberRole === role ? [index] : []))
    const [start, end] = range(role)
    return {
      length: own.length + end - start,
      at: (position) => own[position] ?? start + position - own.length,
    }
  }
  const sequences = {
    Student: createRoleSequence('Student'),
    Instructor: createRoleSequence('Instructor'),
    Staff: createRoleSequence('Staff'),
  }
  return { size, roleOf, numberOf: (index) => index - range(roleOf(index))[0], ofRole: (role) => sequences[role] }
}

function staffOf(generated: number): number {
  return Math.floor(generated / 20)
}

function instructorsOf(generated: number): number {
  return Math.ceil(generated / 20)
}

// The Roster API knows three roles; who manages the school is staff to it.
function rosterRole(role: SimulatorRole): RosterRole {
  if (role === 'student') return 'Student'
  return role === 'instructor' ? 'Instructor' : 'Staff'
}
