import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../src/simulator/index.js'
import { App } from './support/app.js'

const everybody = '?limit=1000'

describe('people and schools that come later', () => {
  let simulator: AppleSimulator

  beforeEach(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
  })
  afterEach(() => simulator.close())

  /** Reads the Roster API as the app that a school's administrator has connected. */
  async function reader(organizationId: string) {
    const person = { givenName: 'New', familyName: 'Administrator', role: 'administrator' as const, organizationId }
    const administrator = simulator.addPerson(person)
    const { access_token } = await new App(simulator, 'account-data-sharing').signIn(administrator.id)
    return async (path: string) => {
      const headers = { authorization: `Bearer ${access_token}` }
      const response = await fetch(`${simulator.url}/rosterapi/v1${path}`, { headers })
      return (await response.json()) as {
        users: { id: string; roles: string[] }[]
        classes: { studentIds: string[]; instructorIds: string[]; name: string }[]
      }
    }
  }

  it('signs in somebody who came after the app', async () => {
    const app = new App(simulator, 'sign-in-with-apple')
    const person = simulator.addPerson({ givenName: 'New', familyName: 'User', role: 'consumer' })
    expect(person.id).toMatch(/^\d{6}\.[0-9a-f]{32}\.\d{4}$/)
    expect(simulator.people).toContainEqual(person)
    const { fields } = await app.approve(person.id)
    expect(fields.user).toContain('"firstName":"New"')
    const again = simulator.addPerson({ givenName: 'New', familyName: 'User', role: 'consumer' })
    expect(again.id).not.toBe(person.id)
  })

  it.each([
    [20, 3],
    [1, 1],
    [0, 2],
    [18, 4],
    [19, 9],
  ])('has exactly %s students in %s classes', async (students, classes) => {
    const school = simulator.addSchool({ name: 'New School', students, classes })
    expect(simulator.schools).toContainEqual(school)
    const read = await reader(school.id)
    const { users } = await read(`/users${everybody}`)
    expect(users.filter(({ roles }) => roles[0] === 'Student')).toHaveLength(students)
    const found = (await read(`/classes${everybody}`)).classes
    expect(found).toHaveLength(classes)
    for (const subject of ['Reading', 'Mathematics', 'Science', 'Arts'].slice(0, classes)) {
      const inSubject = found.filter(({ name }) => name.startsWith(subject)).flatMap(({ studentIds }) => studentIds)
      expect([inSubject.length, new Set(inSubject).size]).toEqual([students, students])
    }
  })

  it('lists somebody who came after the school was read', async () => {
    const school = simulator.addSchool({ name: 'New School', students: 5 })
    const read = await reader(school.id)
    await read('/users')
    const student = { givenName: 'New', familyName: 'Student', role: 'student' as const, organizationId: school.id }
    const { id } = simulator.addPerson(student)
    const students = (await read('/users?role=Student')).users.map((user) => user.id)
    expect(students).toContain(id)
    expect(students).toHaveLength(5)
  })

  it('refuses what does not fit', () => {
    const { addPerson, addSchool } = simulator
    const student = { givenName: 'New', familyName: 'Student', role: 'student' as const }
    expect(() => addPerson(student)).toThrow('person New Student is a student and needs an organizationId.')
    expect(() => addSchool({ name: 'New School', size: 5, students: 5 })).toThrow('has both size and students')
    expect(() => addSchool({ name: 'New School', classes: -1 })).toThrow('The classes of school New School must be')
    expect(() => addSchool({ name: 'New School', students: 1.5 })).toThrow('The students of school New School must be')
  })
})
