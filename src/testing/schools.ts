import type { AppleSimulator, SimulatorPerson, SimulatorSchool } from '../simulator/index.js'
import { addPerson } from './people.js'

/** What a new school is like. */
export interface TestSchoolOptions {
  /** Default: `Test School 1` and so on. */
  readonly name?: string
  /** How many students the Roster API lists; one instructor and one member of staff to eighteen come on top. Default: 20. */
  readonly students?: number
  /** How many classes there are, of four subjects in turn. Default: 4. */
  readonly classes?: number
}

/** A school and who connects it. */
export interface TestSchool extends SimulatorSchool {
  readonly administrator: SimulatorPerson
}

/**
 * Lets there be a new school, with an administrator.
 * @throws TypeError for numbers that make no sense
 */
export function addSchool(simulator: AppleSimulator, options: TestSchoolOptions): TestSchool {
  // Apple's own test organization is one of them.
  const number = String(simulator.schools.length)
  const { name = `Test School ${number}`, students = 20, classes = 4 } = options
  const domains = [{ name: `school${number}.example`, isVerified: true }]
  const school = simulator.addSchool({ name, students, classes, domains })
  const administrator = addPerson(simulator, { name: `Administrator ${number}`, role: 'administrator', school })
  return { ...school, administrator }
}
