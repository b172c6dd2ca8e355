import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { decodeIdToken } from '../support/id-token.js'
import { RosterReader, type RosterRecord } from '../support/roster-reader.js'

const managedId = /^\d{6}\.[A-Za-z0-9+/]{40}\.[A-Za-z0-9+/]{4}$/
const nanoseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/
const school = { id: '0b4f1f7e-aaaa-4a5c-9a51-51c7b0a1f001', name: 'Some School' }
const head = {
  id: '000001.QQ',
  givenName: 'School',
  familyName: 'Head',
  role: 'administrator',
  organizationId: school.id,
} as const

describe('createSchoolRoster', () => {
  let simulator: AppleSimulator

  async function connect(
    options: AppleSimulatorOptions = {},
    approval: Parameters<typeof RosterReader.connect>[1] = {},
  ): Promise<RosterReader> {
    simulator = createAppleSimulator(options)
    await simulator.listen()
    return RosterReader.connect(simulator, approval)
  }

  afterEach(() => simulator.close())

  const idsOf = (records: RosterRecord[]) => records.map(({ id }) => id)
  const ofRole = (records: RosterRecord[], role: string) => records.filter(({ roles }) => roles?.[0] === role)

  it("lists 120 people in First School, with ids of Apple's shape and in the same order in every simulator", async () => {
    const users = await (await connect()).all('/users')
    expect(users).toHaveLength(120)
    for (const { id } of users) expect(id).toMatch(managedId)
    await simulator.close()
    expect(await (await connect()).all('/users?limit=33')).toEqual(users)
  })

  it("begins with the directory's own people, under the sub that Sign in with Apple gives them", async () => {
    const reader = await connect()
    const users = await reader.all('/users')
    const names = ['School Administrator', 'Site Manager', 'Class Teacher', 'First Student']
    const app = new App(simulator, 'sign-in-with-apple')
    for (const [index, name] of names.entries()) {
      const { sub } = decodeIdToken((await app.signIn(personId(simulator, name))).id_token).claims
      const user = await reader.record(`/users/${String(sub)}`)
      expect(`${user.givenName ?? ''} ${user.familyName ?? ''}`).toBe(name)
      expect(user).toEqual(users[index])
    }
    // Who manages the whole school belongs to no single location.
    const organization = await reader.record('/organization')
    const places = users.slice(0, 4).map(({ roleLocationMapping = [] }) => roleLocationMapping[0]?.locationId)
    expect(places.map((id) => id === organization.id)).toEqual([true, true, false, false])
    expect(users.slice(0, 4).map(({ roles }) => roles)).toEqual([['Staff'], ['Staff'], ['Instructor'], ['Student']])
  })

  it('gives another team other ids for the same people, its own subs among them', async () => {
    const first = await (await connect()).all('/users')
    const reader = await RosterReader.connect(simulator, { teamId: 'OTHERTEAM1' })
    const second = await reader.all('/users')
    expect(second.map(({ familyName }) => familyName)).toEqual(first.map(({ familyName }) => familyName))
    expect(idsOf(first).filter((id) => idsOf(second).includes(id))).toEqual([])
    const app = new App(simulator, 'sign-in-with-apple', { teamId: 'OTHERTEAM1' })
    const { sub } = decodeIdToken((await app.signIn(personId(simulator, 'Class Teacher'))).id_token).claims
    expect((await reader.record(`/users/${String(sub)}`)).familyName).toBe('Teacher')
    expect(await reader.status(`/users/${first.at(-1)?.id ?? ''}`)).toBe(404)
  })

  it('fills users, classes and locations with fields of the documented names, and leaves out what is absent', async () => {
    const reader = await connect()
    const users = await reader.all('/users')
    const [location] = await reader.all('/locations')
    expect(users[4]).toEqual({
      id: expect.stringMatching(managedId),
      givenName: 'Student',
      familyName: '000001',
      email: 'student.000001@first-school.example',
      grade: '1',
      roles: ['Student'],
      roleLocationMapping: [{ roleName: 'Student', locationId: location?.id }],
      dateCreated: expect.stringMatching(nanoseconds),
      dateLastModified: expect.stringMatching(nanoseconds),
    })
    const [schoolClass] = await reader.all('/classes')
    expect(schoolClass).toEqual({
      id: expect.any(String),
      name: 'Reading 000001',
      number: 'RE-000001',
      room: 'Room 1',
      displayName: 'Reading, class 1',
      locationId: location?.id,
      instructorIds: expect.any(Array),
      studentIds: expect.any(Array),
      dateCreated: expect.stringMatching(nanoseconds),
      dateLastModified: expect.stringMatching(nanoseconds),
    })
    expect(location).toEqual({
      id: expect.stringMatching(/^LO:\d+$/),
      name: 'Location 0001',
      domain: 'first-school.example',
      timeZone: 'PST',
      dateCreated: expect.stringMatching(nanoseconds),
      dateLastModified: expect.stringMatching(nanoseconds),
    })
    expect(JSON.stringify(users)).not.toContain('null')
  })

  it('has students, some without e-mail and all with a grade, instructors and staff', async () => {
    const reader = await connect()
    const users = await reader.all('/users')
    const students = ofRole(users, 'Student')
    expect(students.every(({ grade }) => grade !== undefined)).toBe(true)
    expect(students.some(({ email }) => email === undefined)).toBe(true)
    expect(students.some(({ email }) => email !== undefined)).toBe(true)
    for (const role of ['Instructor', 'Staff']) {
      const found = ofRole(users, role)
      expect(found.length).toBeGreaterThan(5)
      expect(found.every(({ grade, email }) => grade === undefined && email !== undefined)).toBe(true)
    }
    for (const role of ['Student', 'Instructor', 'Staff']) {
      expect(await reader.all(`/users?role=${role}&limit=3`)).toEqual(ofRole(users, role))
    }
  })

  it('holds classes of about 25 students with one or two instructors, each student in several', async () => {
    const reader = await connect({ schoolSize: 1000 })
    const [users, classes] = await Promise.all([reader.all('/users?limit=1000'), reader.all('/classes')])
    const students = idsOf(ofRole(users, 'Student'))
    const taught = new Map<string, number>(students.map((id) => [id, 0]))
    for (const { instructorIds = [], studentIds = [] } of classes) {
      expect([1, 2]).toContain(new Set(instructorIds).size)
      expect(studentIds.length).toBeGreaterThan(20)
      expect(studentIds.length).toBeLessThan(30)
      for (const id of studentIds) taught.set(id, (taught.get(id) ?? 0) + 1)
    }
    expect([...taught.keys()]).toEqual(students)
    expect(new Set(taught.values())).toEqual(new Set([4]))
    expect(new Set(classes.flatMap(({ instructorIds }) => instructorIds))).toEqual(
      new Set(idsOf(ofRole(users, 'Instructor'))),
    )
    expect(classes.some(({ instructorIds }) => instructorIds?.length === 2)).toBe(true)
    const together = classes.filter(({ studentIds }) => studentIds?.includes(students[0] ?? ''))
    const mates = together.map(({ studentIds = [] }) => [...studentIds].sort().join(' '))
    expect(new Set(mates).size).toBe(4)
  })

  it("gives the directory's instructors and students a few classes", async () => {
    const reader = await connect()
    const classes = await reader.all('/classes')
    const [teacher, student] = ['Class Teacher', 'First Student'].map((name) => personId(simulator, name))
    const taught = classes.filter(({ instructorIds }) => instructorIds?.includes(teacher ?? ''))
    expect(taught.length).toBeGreaterThan(1)
    expect(taught.every(({ studentIds = [] }) => studentIds.length > 15)).toBe(true)
    expect(classes.filter(({ studentIds }) => studentIds?.includes(student ?? ''))).toHaveLength(4)
  })

  it.each([
    ['First School', {}],
    ['the test organization', { name: 'Developer Account', scope: 'edu.rosterapi.test.read' }],
  ])('mentions no id that cannot be read, in %s', async (_school, approval) => {
    const reader = await connect({}, approval)
    const organization = await reader.record('/organization')
    const [users, classes, locations] = await Promise.all(
      ['/users', '/classes', '/locations'].map((path) => reader.all(path)),
    )
    const places = new Set([...idsOf(locations ?? []), organization.id])
    const known = new Set(idsOf(users ?? []))
    for (const list of ['users', 'classes', 'locations']) {
      for (const record of await reader.all(`/${list}`)) {
        expect(await reader.record(`/${list}/${record.id}`)).toEqual(record)
      }
    }
    for (const { roleLocationMapping = [] } of users ?? []) {
      expect(roleLocationMapping.every(({ locationId }) => places.has(locationId))).toBe(true)
    }
    for (const { id, locationId = '', instructorIds = [], studentIds = [] } of classes ?? []) {
      expect(places.has(locationId)).toBe(true)
      expect([...instructorIds, ...studentIds].every((user) => known.has(user))).toBe(true)
      expect(idsOf(await reader.all(`/classes/${id}/users`))).toEqual([...instructorIds, ...studentIds])
    }
  })

  it("shows Apple's states of a record in the test organization, which has more than one page", async () => {
    const reader = await connect({}, { name: 'Developer Account', scope: 'edu.rosterapi.test.read' })
    const users = await reader.all('/users')
    expect(users.length).toBeGreaterThan(100)
    const [first, second] = users
    const name = { givenName: 'given100', middleName: 'middle100', familyName: 'family100' }
    expect(first).toMatchObject({ ...name, email: 'given100family100@mytestschool.org', grade: '1' })
    expect(second).toMatchObject({ givenName: 'given101', middleName: 'middle101', familyName: 'family101' })
    expect(Object.keys(second ?? {})).not.toEqual(expect.arrayContaining(['email']))
    expect(second).not.toHaveProperty('grade')
    expect(users[7]).toMatchObject({ givenName: 'given107', familyName: 'family107' })
    for (const field of ['middleName', 'email', 'grade', 'roleLocationMapping']) {
      expect(users.some((user) => field in user)).toBe(true)
      expect(users.some((user) => !(field in user))).toBe(true)
    }
    expect(new Set(users.flatMap(({ roles = [] }) => roles))).toEqual(new Set(['Student', 'Instructor', 'Staff']))
  })

  it('does not know the ids of a larger school, nor ids put together from two', async () => {
    const large = await connect({ schoolSize: 1000 })
    const lists = ['users', 'classes', 'locations']
    const last = await Promise.all(lists.map(async (list) => (await large.all(`/${list}?limit=1000`)).at(-1)?.id ?? ''))
    await simulator.close()
    const reader = await connect({ schoolSize: 120 })
    for (const [index, list] of lists.slice(0, 2).entries()) {
      expect(await reader.status(`/${list}/${last[index] ?? ''}`)).toBe(404)
    }
    for (const list of lists) {
      const [a = '', b = ''] = idsOf(await reader.all(`/${list}`)).slice(-2)
      const mixed = a.slice(0, -5) + b.slice(-5)
      expect(mixed).not.toBe(a)
      expect(await reader.status(`/${list}/${mixed}`)).toBe(404)
    }
  })

  it('lists each of 1000 people once, page by page', async () => {
    const reader = await connect({ schoolSize: 1000 })
    const walked = idsOf(await reader.all('/users?limit=77'))
    expect(walked).toHaveLength(1000)
    expect(new Set(walked).size).toBe(1000)
    expect(idsOf(await reader.all('/users?limit=1000'))).toEqual(walked)
  })

  it('takes the size of a school before schoolSize, and lists its own people at least', async () => {
    const given = { people: [head], schools: [{ ...school, size: 3 }], schoolSize: 9 }
    const users = await (await connect(given, { name: 'School Head' })).all('/users')
    expect(users).toHaveLength(3)
    expect(users[0]).toMatchObject({ id: head.id, roles: ['Staff'] })
    await simulator.close()
    const alone = await connect({ ...given, schools: [{ ...school, size: 0 }] }, { name: 'School Head' })
    expect(idsOf(await alone.all('/users'))).toEqual([head.id])
    expect(await alone.all('/classes')).toEqual([])
    await simulator.close()
    const other = await connect({ schoolSize: 9 }, { name: 'Other Administrator' })
    expect(await other.all('/users')).toHaveLength(40)
  })

  it('teaches without instructors in a school that has none', async () => {
    const student = { ...head, id: '000002.QQ', familyName: 'Student', role: 'student' } as const
    const people = [head, student]
    const reader = await connect({ people, schools: [{ ...school, size: 2 }] }, { name: 'School Head' })
    const [first] = await reader.all('/classes')
    expect(first).toMatchObject({ instructorIds: [], studentIds: [student.id] })
    expect(idsOf(await reader.all(`/classes/${first?.id ?? ''}/users`))).toEqual([student.id])
  })

  describe('of a million people', () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void

    it('reads the first, a middle and the last page, and does not grow', async () => {
      const reader = await connect({ schoolSize: 1_000_000 })
      const { users: first = [] } = await reader.page('/users')
      expect(first).toHaveLength(100)
      collectGarbage()
      const before = process.memoryUsage().heapUsed
      const seen: number[] = []
      // The staff comes last: the administrator, the site manager and every twentieth of the generated people.
      for await (const { users = [], moreToFollow } of reader.pages('/users?role=Staff&limit=1000')) {
        seen.push(users.length)
        const last = users.at(-1)
        if (seen.length === 25 || !moreToFollow) {
          expect(await reader.record(`/users/${last?.id ?? ''}`)).toEqual(last)
        }
        if (!moreToFollow) expect(last?.familyName).toBe('049999')
      }
      expect([seen.length, seen.at(-1)]).toEqual([51, 1])
      collectGarbage()
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000)
    }, 60_000)

    it('has classes and locations to match', async () => {
      const reader = await connect({ schoolSize: 1_000_000 })
      const [{ classes = [] }, { locations = [], moreToFollow }] = await Promise.all([
        reader.page('/classes?limit=3'),
        reader.page('/locations?limit=1000'),
      ])
      for (const { studentIds = [], instructorIds = [] } of classes) {
        for (const id of [...studentIds, ...instructorIds]) expect(await reader.status(`/users/${id}`)).toBe(200)
      }
      expect([locations.length, moreToFollow]).toEqual([1000, true])
    })
  })
})
