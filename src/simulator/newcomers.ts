import { randomUUID } from 'node:crypto'
import type { Directory } from './directory.js'
import { fullName, type SimulatorPerson, type SimulatorSchool } from './person.js'
import { consumerSubject, managedSubject } from './subject.js'

/** Somebody whose id need not be given. */
export type NewPerson = Omit<SimulatorPerson, 'id'> & Partial<Pick<SimulatorPerson, 'id'>>

/** A school whose id need not be given. */
export type NewSchool = Omit<SimulatorSchool, 'id'> & Partial<Pick<SimulatorSchool, 'id'>>

/** Gives somebody an id of Apple's form, the same for the same name at the same place in the list. */
export function newPerson({ people }: Directory, person: NewPerson): SimulatorPerson {
  const seed = `${String(people.length)} ${fullName({ ...person, id: '' })}`
  return { id: person.organizationId === undefined ? consumerSubject(seed) : managedSubject(seed), ...person }
}

/** Gives a school an id. */
export function newSchool(school: NewSchool): SimulatorSchool {
  return { id: randomUUID(), ...school }
}
