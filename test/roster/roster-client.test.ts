import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { AppleArgumentError, AppleRosterError } from '../../src/index.js'
import type { RosterClient } from '../../src/roster/roster-client.js'
import { json, rejection, status, useRoster } from './use-roster.js'

const bench = useRoster()
const dates = { dateCreated: '2023-02-01T12:00:00.123456789Z', dateLastModified: '2023-02-02T12:00:00Z' }
const user = {
  id: '001385.dmdTSkZEVVdLaXRjS3U2bTNJUUFMNlIzQlNHUTUz.RVB0',
  givenName: 'given100',
  middleName: 'middle100',
  familyName: 'family100',
  email: 'given100family100@mytestschool.org',
  grade: '5',
  roles: ['Student'],
  roleLocationMapping: [{ roleName: 'Student', locationId: 'LO:1234' }],
  ...dates,
}
const schoolClass = {
  id: 'class-1',
  name: 'Algebra',
  displayName: 'Maths',
  number: '101',
  room: 'A',
  locationId: 'LO:1234',
  instructorIds: ['user-1'],
  studentIds: ['user-2', 'user-3'],
  ...dates,
}
const location = { id: '1234', name: 'Main', domain: 'mytestschool.org', timeZone: 'PST', ...dates }
const organization = {
  id: 'org-1',
  name: 'School',
  type: 'EDUCATION',
  domains: [{ name: 'mytestschool.org', isVerified: false }],
  ...dates,
}

type Read = (client: RosterClient) => Promise<unknown>
const single: [string, Read, unknown, string][] = [
  ['organization', (client) => client.organization(), organization, '/organization'],
  ['user', (client) => client.user('a b'), user, '/users/a%20b'],
  ['class', (client) => client.class('LO:1='), schoolClass, '/classes/LO%3A1%3D'],
  ['location', (client) => client.location('é'), location, '/locations/%C3%A9'],
]
const lists: [string, Read, string, unknown, string][] = [
  ['users', (client) => client.users().toArray(), 'users', user, '/users'],
  ['classes', (client) => client.classes().toArray(), 'classes', schoolClass, '/classes'],
  ['classUsers', (client) => client.classUsers('c&1').toArray(), 'users', user, '/classes/c%261/users'],
  ['locations', (client) => client.locations().toArray(), 'locations', location, '/locations'],
]

/** The object as it would be if Apple sent every member but the id in another type. */
function mistyped(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as object).map(([key, member]) => [key, key === 'id' ? member : 7]))
}

describe('createRosterClient', () => {
  it.each(single)('reads everything documented of one %s, and nothing else', async (_name, read, object, path) => {
    bench.answer(json({ ...(object as object), unlisted: 1 }))
    expect(await read(bench.client())).toStrictEqual(object)
    expect(bench.paths).toEqual([path])
    expect(bench.apple.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      accept: 'application/json',
    })
  })

  it.each(lists)('reads everything documented of %s, and nothing else', async (_name, read, field, object, path) => {
    bench.answer(json({ [field]: [{ ...(object as object), unlisted: 1 }], moreToFollow: false }))
    expect(await read(bench.client())).toStrictEqual([object])
    expect(bench.paths).toEqual([path])
  })

  it.each(lists)('leaves out of %s what is of another type or missing', async (_name, read, field, object) => {
    bench.answer(json({ [field]: [mistyped(object), { id: 'bare' }] }))
    expect(await read(bench.client())).toStrictEqual([{ id: (object as { id: string }).id }, { id: 'bare' }])
  })

  it('leaves out what is of another type within lists', async () => {
    bench.answerInTurn(
      json({ id: 'u', roles: ['Staff', 7, null], roleLocationMapping: [null, { roleName: 1, locationId: 'l' }, 'x'] }),
      json({ id: 'c', studentIds: [1, 's'], instructorIds: [{}] }),
    )
    expect(await bench.client().user('u')).toStrictEqual({
      id: 'u',
      roles: ['Staff'],
      roleLocationMapping: [{ locationId: 'l' }],
    })
    expect(await bench.client().class('c')).toStrictEqual({ id: 'c', studentIds: ['s'], instructorIds: [] })
  })

  it('hands on role and limit, encoded with the page token', async () => {
    bench.answerInTurn(json({ users: [], moreToFollow: true, nextPageToken: 'a&b=#/../ü' }), json({ users: [] }))
    await bench.client().users({ role: 'Instructor', limit: 25, signal: undefined }).toArray()
    await bench.client().classUsers('c', { role: 'Student', limit: 1 }).toArray()
    expect(bench.paths).toEqual([
      '/users?limit=25&role=Instructor',
      '/users?limit=25&role=Instructor&pageToken=a%26b%3D%23%2F..%2F%C3%BC',
      '/classes/c/users?limit=1&role=Student',
    ])
  })
})

describe('what a Roster client is given', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['limit 0', { limit: 0 }, /users\(\): limit must be a whole number from 1 on/],
    ['limit 1.5', { limit: 1.5 }, /limit must be/],
    ['limit as text', { limit: '10' }, /limit must be/],
    ['limit NaN', { limit: NaN }, /limit must be/],
    ['role unknown', { role: 'student' }, /role must be one of Student, Instructor, Staff/],
    ['role as a list', { role: ['Student'] }, /role must be/],
    ['role null', { role: null }, /role must be/],
    [
      'an unknown option',
      { pageSize: 10 },
      /users\(\) has no option "pageSize"; users\(\) takes signal, limit, role\./,
    ],
    ['options that are none', 5, /users\(\) takes signal, limit, role as an object/],
    ['options null', null, /as an object/],
    ['a signal that is none', { signal: {} }, /signal must be an AbortSignal/],
  ]

  it.each(wrong)('is refused at once for %s', (_name, options, message) => {
    const call = (): unknown => bench.client().users(options as never)
    expect(call).toThrow(AppleArgumentError)
    expect(call).toThrow(message)
  })

  it('is refused for options that another method has', async () => {
    const client = bench.client()
    expect(() => client.classUsers('c', { role: 'Staff' } as never)).toThrow(/one of Student, Instructor;/)
    expect(() => client.classes({ role: 'Student' } as never)).toThrow(/classes\(\) has no option "role"/)
    expect(() => client.locations({ role: 'Student' } as never)).toThrow(/locations\(\) has no option/)
    for (const read of [client.user('u', { limit: 1 } as never), client.organization({ limit: 1 } as never)]) {
      expect(await rejection(read)).toBeInstanceOf(AppleArgumentError)
    }
    expect(bench.paths).toEqual([])
  })

  it.each([[undefined], [null], [7], [''], [['a']], [{}]])('is refused as an id: %p', async (id) => {
    const client = bench.client()
    for (const method of ['user', 'class', 'location'] as const) {
      const error = await rejection(client[method](id as never))
      expect(error).toBeInstanceOf(AppleArgumentError)
      expect((error as Error).message).toContain(`${method}() takes an id`)
    }
    expect(() => client.classUsers(id as never)).toThrow(AppleArgumentError)
    expect(bench.paths).toEqual([])
  })

  it.each(['.', '..', 'a/b', 'a\\b', 'a?b', 'a#b', 'a%2fb', 'a\nb', 'a\0', 'a\u007f', '\ud800', 'x'.repeat(256)])(
    'is answered 404 without a request as an id: %p',
    async (id) => {
      const client = bench.client()
      const reads = [client.user(id), client.class(id), client.location(id), client.classUsers(id).toArray()]
      for (const read of reads) {
        const error = await rejection(read)
        expect(error).toBeInstanceOf(AppleRosterError)
        expect(error).toMatchObject({ status: 404, appleStatus: undefined })
        expect(inspect(error)).not.toContain(id.length > 9 ? id : `/${id}`)
      }
      expect(bench.paths).toEqual([])
    },
  )
})

describe('what the Roster API answers', () => {
  it.each([
    ['user', (client: RosterClient) => client.user('private-id'), '/users/{id}', 404],
    ['class', (client: RosterClient) => client.class('private-id'), '/classes/{id}', 404],
    ['location', (client: RosterClient) => client.location('private-id'), '/locations/{id}', 404],
    ['classUsers', (client: RosterClient) => client.classUsers('private-id').toArray(), '/classes/{id}/users', 404],
    ['users', (client: RosterClient) => client.users().toArray(), '/users', 424],
    ['organization', (client: RosterClient) => client.organization(), '/organization', 424],
  ])('is told of a 404 to %s, by its template', async (_name, read, path, expected) => {
    bench.answer(status(404))
    const error = await rejection(read(bench.client()))
    expect(error).toBeInstanceOf(AppleRosterError)
    expect(error).toMatchObject({
      status: expected,
      appleStatus: 404,
      details: { path, attempts: 1, appleStatus: 404 },
    })
    expect(inspect(error)).not.toContain('private-id')
    expect(bench.paths).toHaveLength(1)
  })

  it.each([
    ['no JSON', '{"id":"x"', /no JSON/],
    ['nothing', '', /no JSON/],
    ['a list', '[]', /nothing that has an id/],
    ['null', 'null', /nothing that has an id/],
    ['a number as its id', '{"id":7}', /nothing that has an id/],
    ['an empty id', '{"id":""}', /nothing that has an id/],
    ['an id without end', JSON.stringify({ id: 'x'.repeat(256) }), /nothing that has an id/],
    ['an id by its prototype', '{"__proto__":{"id":"x"}}', /nothing that has an id/],
  ])('is refused at once as one user: %s', async (_name, body, message) => {
    bench.answer((res) => res.writeHead(200).end(body))
    const error = await rejection(bench.client().user('private-id'))
    expect(error).toMatchObject({ code: 'ERR_APPLE_ROSTER', status: 424, appleStatus: 200 })
    expect((error as Error).message).toMatch(message)
    expect(bench.paths).toHaveLength(1)
  })

  const more = { users: [], moreToFollow: true }
  it.each([
    ['a list', []],
    ['an empty object', {}],
    ['users that are an object', { users: {} }],
    ['users that are null', { users: null, moreToFollow: false }],
    ['a user that is null', { users: [null] }],
    ['a user that is a text', { users: ['user-1'] }],
    ['a user without an id', { users: [{ id: 'a' }, { givenName: 'given' }] }],
    ['a user whose id is a number', { users: [{ id: 1 }] }],
    ['moreToFollow as text', { ...more, moreToFollow: 'true', nextPageToken: 't' }],
    ['moreToFollow as a number', { ...more, moreToFollow: 1, nextPageToken: 't' }],
    ['moreToFollow null', { ...more, moreToFollow: null }],
    ['moreToFollow without a token', more],
    ['moreToFollow with an empty token', { ...more, nextPageToken: '' }],
    ['moreToFollow with a number as its token', { ...more, nextPageToken: 7 }],
    ['moreToFollow with a token too long for a URL', { ...more, nextPageToken: 'x'.repeat(4097) }],
  ])('is refused at once as a list of users: %s', async (_name, body) => {
    bench.answer(json(body))
    const error = await rejection(bench.client().users().toArray())
    expect(error).toMatchObject({ code: 'ERR_APPLE_ROSTER', appleStatus: 200, details: { path: '/users' } })
    expect(bench.paths).toHaveLength(1)
  })

  it.each([{ moreToFollow: false }, {}])('ends a list by %j, whatever token is there', async (end) => {
    bench.answer(json({ users: [{ id: 'u' }], nextPageToken: 'left over', ...end }))
    expect(await bench.client().users().toArray()).toEqual([{ id: 'u' }])
    expect(bench.paths).toHaveLength(1)
  })

  it('is read up to 16 MiB and no further', async () => {
    const big = (bytes: number) => {
      const frame = JSON.stringify({ users: [], x: '' }).length
      return json({ users: [], x: 'x'.repeat(bytes - frame) })
    }
    bench.answerInTurn(big(16 * 1024 * 1024), big(16 * 1024 * 1024 + 1))
    expect(await bench.client().users().toArray()).toEqual([])
    const error = await rejection(bench.client().users().toArray())
    expect(error).toMatchObject({
      code: 'ERR_APPLE_UNAVAILABLE',
      details: { reason: 'too_large', maxBytes: 16_777_216, path: '/users', attempts: 1 },
    })
    expect((error as Error).message).toContain('/rosterapi/v1/users answered with more than 16777216 bytes')
  })
})
