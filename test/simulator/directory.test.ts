import { describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type SimulatorPerson } from '../../src/simulator/index.js'

const school = { id: '0b4f1f7e-aaaa-4a5c-9a51-51c7b0a1f001', name: 'Some School' }
const head: SimulatorPerson = {
  id: '000001.QQ',
  givenName: 'School',
  familyName: 'Head',
  role: 'administrator',
  organizationId: school.id,
}

describe('createDirectory', () => {
  it("seeds people of all kinds with ids of Apple's shapes, the same in every simulator", () => {
    const { people } = createAppleSimulator()
    const managed = people.filter(({ organizationId }) => organizationId !== undefined)
    const others = people.filter(({ organizationId }) => organizationId === undefined)
    expect(others.map(({ role }) => role)).toEqual(['consumer', 'consumer', 'developer'])
    for (const { id } of others) expect(id).toMatch(/^\d{6}\.[0-9a-f]{32}\.\d{4}$/)
    for (const { id } of managed) {
      const [, body = '', tail = ''] = id.split('.')
      expect([body.length, Buffer.from(body, 'base64').length, Buffer.from(tail, 'base64').length]).toEqual([40, 30, 3])
    }
    expect(new Set(people.map(({ id }) => id)).size).toBe(people.length)
    expect(createAppleSimulator().people).toEqual(people)
    expect(people.filter(({ email }) => email === undefined).length).toBeGreaterThan(0)
  })

  it('takes other people and schools', () => {
    const { people } = createAppleSimulator({ people: [head], schools: [school] })
    expect(people).toEqual([head])
  })

  it.each([
    ['an unknown member', [{ ...head, name: 'x' }], [school], 'person School Head has no "name"'],
    ['an empty id', [{ ...head, id: '' }], [school], 'The id of person School Head must have 1 to 255 characters'],
    ['an unknown role', [{ ...head, role: 'king' }], [school], 'The role of person School Head must be one of'],
    [
      'a role of a school without a school',
      [{ ...head, organizationId: undefined }],
      [school],
      'needs an organizationId',
    ],
    ['an unknown school', [head], [], 'Give both `people` and `schools`.'],
    ['a consumer with a school', [{ ...head, role: 'consumer' }], [school], 'cannot have an organizationId'],
    ['two people with one id', [head, head], [school], 'Two people have the id 000001.QQ'],
    ['two schools with one id', [head], [school, school], `Two schools have the id ${school.id}`],
    ['a school of half a person', [head], [{ ...school, size: 0.5 }], 'The size of school Some School must be a whole'],
    ['an unknown member of a school', [head], [{ ...school, town: 'x' }], 'school Some School has no "town"'],
  ])('refuses %s', (_case, people, schools, message) => {
    expect(() => createAppleSimulator({ people: people as SimulatorPerson[], schools })).toThrow(message)
  })
})
