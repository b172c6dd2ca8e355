import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Express, NextFunction, Request, Response } from 'express'
import type { AppleAuthError, RosterClient } from '../../src/index.js'
import { expectNoSecret } from '../support/expect-refused.js'
import { signIn, type Visitor } from '../support/login-steps.js'
import { LoopbackApple, type RecordedRequest } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'

let apple: LoopbackApple
let app: TestApp
let visitor: Visitor

beforeAll(async () => {
  apple = await LoopbackApple.start()
  app = await TestApp.start(apple.url, {
    options: { service: 'account-data-sharing', httpTimeoutMs: 1000 },
    routes: addRoutes,
  })
})
afterEach(() => {
  apple.reset()
  app.errors.length = 0
})
afterAll(async () => {
  await app.stop()
  await apple.stop()
})

function addRoutes(routes: Express): void {
  const route = (path: string, read: (roster: RosterClient, id: string) => Promise<unknown>): void => {
    routes.get(path, (req: Request, res: Response, next: NextFunction) => {
      read(req.apple.roster, typeof req.query.id === 'string' ? req.query.id : '').then(
        (found) => res.json(found),
        next,
      )
    })
  }
  route('/users', (roster) => roster.users().toArray())
  route('/user', (roster, id) => roster.user(id))
  route('/class-users', (roster, id) => roster.classUsers(id).toArray())
}

type Answer = (res: ServerResponse, index: number, request: RecordedRequest) => unknown

/** Somebody has signed in, and from then on the Roster API answers so. */
async function signedIn(answer: Answer): Promise<void> {
  visitor = app.visitor()
  expect((await signIn(apple, visitor, { idToken: 'none' })).status).toBe(303)
  apple.requests.length = 0
  let index = 0
  apple.misbehave = (request, res) => {
    if (!request.path.startsWith('/rosterapi/')) return false
    answer(res, index, request)
    index += 1
    return true
  }
}

function rosterRequests(): RecordedRequest[] {
  return apple.requests.filter(({ path }) => path.startsWith('/rosterapi/'))
}

/** The app's answer is a 4xx that says nothing; gives the operator's error. */
async function expectFailure(path: string, code = 'ERR_APPLE_ROSTER'): Promise<AppleAuthError> {
  const answer = await visitor.get(path)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(answer.body).toMatchObject({ code })
  expectNoSecret(answer.text)
  const error = app.errors.at(-1) as AppleAuthError
  expectNoSecret(inspect(error, { depth: 9, showHidden: true }))
  expect((await visitor.get('/')).body.signedIn).toBe(true)
  return error
}

const json = (body: unknown) => (res: ServerResponse) => {
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (res: ServerResponse) => {
    res.writeHead(code, headers).end()
  }
const people = json({ users: [{ id: 'user-1' }], moreToFollow: false })

describe('the Roster API (catalogue section 9): refusals', () => {
  it('row 162: renews the access token once on a 401, and asks once more', async () => {
    await signedIn((res, index) => {
      if (index === 0) status(401)(res)
      else people(res)
    })
    expect((await visitor.get('/users')).body).toEqual([{ id: 'user-1' }])
    const [first, second, ...more] = rosterRequests().map(({ headers }) => headers.authorization)
    expect(more).toEqual([])
    expect(second).toMatch(/^Bearer a/)
    expect(second).not.toBe(first)
    expect(apple.requestsTo('/token').map(({ form }) => form.get('grant_type'))).toEqual(['refresh_token'])
  })

  it('row 163: stops at a 401 for ever', async () => {
    await signedIn(status(401))
    expect(await expectFailure('/users')).toMatchObject({ appleStatus: 401 })
    expect(rosterRequests()).toHaveLength(2)
    expect(apple.requestsTo('/token')).toHaveLength(1)
  })

  it('row 163: stops at a 403', async () => {
    await signedIn(status(403))
    expect(await expectFailure('/users')).toMatchObject({ appleStatus: 403 })
    expect(rosterRequests()).toHaveLength(1)
    expect(apple.requestsTo('/token')).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['absent', {}],
    ['0', { 'x-retry-after': '0' }],
    ['1', { 'x-retry-after': '1' }],
    ['a text', { 'x-retry-after': 'in a while' }],
    ['negative', { 'x-retry-after': '-5' }],
    ['a date', { 'x-retry-after': new Date().toUTCString() }],
  ])('row 164: waits a little after a 429 whose X-Retry-After is %s', async (_name, headers) => {
    await signedIn((res, index) => {
      if (index === 0) status(429, headers)(res)
      else people(res)
    })
    expect((await visitor.get('/users')).body).toEqual([{ id: 'user-1' }])
    expect(rosterRequests()).toHaveLength(2)
  })

  it.each(['86400', '9'.repeat(15), 'Wed, 21 Oct 2122 07:28:00 GMT'])(
    'row 164: waits no day after a 429 whose X-Retry-After is %s',
    async (wait) => {
      await signedIn(status(429, { 'x-retry-after': wait }))
      expect(await expectFailure('/users')).toMatchObject({ appleStatus: 429, details: { attempts: 1 } })
    },
  )

  it('row 164: gives up on a 429 for ever', async () => {
    await signedIn(status(429, { 'x-retry-after': '0' }))
    expect(await expectFailure('/users')).toMatchObject({ appleStatus: 429, details: { attempts: 5 } })
  })
})

describe('the Roster API (catalogue section 9): pages', () => {
  it('row 165: follows no page token twice', async () => {
    await signedIn((res, index) => {
      json({ users: [{ id: String(index) }], moreToFollow: true, nextPageToken: String(index % 3) })(res)
    })
    expect((await expectFailure('/users')).message).toMatch(/this list has no end/)
    expect(rosterRequests()).toHaveLength(4)
  })

  it('row 165: follows empty pages for a while only', async () => {
    await signedIn((res, index) => {
      json({ users: [], moreToFollow: true, nextPageToken: String(index) })(res)
    })
    expect((await expectFailure('/users')).message).toMatch(/empty pages in a row/)
    expect(rosterRequests()).toHaveLength(1000)
  }, 30_000)

  it('row 165: reads a thousand pages to the end, an empty one among them', async () => {
    await signedIn((res, _index, { path }) => {
      // A page that comes too late on a busy machine is asked for again, and is the same one.
      const page = Number(new URL(path, apple.url).searchParams.get('pageToken') ?? 0)
      const users = page === 500 ? [] : [{ id: String(page) }]
      json({ users, moreToFollow: page < 999, nextPageToken: String(page + 1) })(res)
    })
    expect((await visitor.get('/users')).body).toHaveLength(999)
  }, 30_000)

  it.each(['a&role=Staff', 'a#b', '../../organization', 'a b+c', '%2e%2e/', '?x=1', 'é\n'])(
    'row 166: hands back the page token %j as it came, and as nothing else',
    async (token) => {
      await signedIn((res, index) => {
        if (index === 0) json({ users: [], moreToFollow: true, nextPageToken: token })(res)
        else people(res)
      })
      expect((await visitor.get('/users')).body).toEqual([{ id: 'user-1' }])
      const asked = new URL(rosterRequests()[1]?.path ?? '', apple.url)
      expect(asked.pathname).toBe('/rosterapi/v1/users')
      expect([...asked.searchParams]).toEqual([['pageToken', token]])
    },
  )
})

describe('the Roster API (catalogue section 9): where requests go', () => {
  it.each([301, 302, 303, 307, 308])('row 167: takes the access token to no other host by a %d', async (code) => {
    const elsewhere = await LoopbackApple.start()
    await signedIn((res, _index, { path }) => {
      status(code, { location: `${elsewhere.url}${path}` })(res)
    })
    expect((await expectFailure('/users', 'ERR_APPLE_UNAVAILABLE')).message).toMatch(/redirect/)
    expect(elsewhere.requests).toEqual([])
    expect(rosterRequests()).toHaveLength(1)
    await elsewhere.stop()
  })

  it.each([
    '../organization',
    '..',
    '.',
    'a/../../x',
    'a/b',
    '..\\x',
    'a?role=Staff',
    'a#b',
    '%2e%2e',
    'a\r\nx: y',
    'a\0',
  ])('row 168: answers 404 to the id %j and asks Apple nothing', async (id) => {
    await signedIn(people)
    for (const path of ['/user', '/class-users']) {
      expect((await visitor.get(path).query({ id })).status).toBe(404)
    }
    expect(rosterRequests()).toEqual([])
  })

  it.each(['a&b=c', 'a;b', 'a b', "'--", 'ü', 'LO:1234', '@example.com', 'a+b=='])(
    'row 168: keeps the id %j within its segment',
    async (id) => {
      await signedIn(json({ id: 'user-1' }))
      expect((await visitor.get('/user').query({ id })).status).toBe(200)
      const asked = new URL(rosterRequests()[0]?.path ?? '', apple.url)
      expect(asked.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'rosterapi', 'v1', 'users', id])
      expect(asked.search).toBe('')
    },
  )
})

describe('the Roster API (catalogue section 9): answers that are none', () => {
  it.each([
    ['no JSON', '{"users":['],
    ['HTML', '<html>'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['users as text', '{"users":"x"}'],
    ['users without ids', '{"users":[{}]}'],
    ['arrays in arrays', '['.repeat(100_000)],
    ['more that cannot be followed', '{"users":[],"moreToFollow":true}'],
  ])('row 169: takes %s for a failure', async (_name, body) => {
    await signedIn((res) => res.writeHead(200, { 'content-type': 'application/json' }).end(body))
    await expectFailure('/users')
    expect(rosterRequests()).toHaveLength(1)
  })

  it('row 169: reads no 50 MB', async () => {
    await signedIn((res) => {
      res.writeHead(200)
      for (let count = 0; count < 50 && !res.destroyed; count += 1) res.write('x'.repeat(1_000_000))
      res.end()
    })
    const error = await expectFailure('/users', 'ERR_APPLE_UNAVAILABLE')
    // On a slow machine the deadline comes first, and a few times more.
    expect(error.details.reason).toMatch(/too_large|timeout/)
  }, 30_000)

  it.each<[string, Answer, string]>([
    ['hangs', () => undefined, 'ERR_APPLE_UNAVAILABLE'],
    ['resets', (res) => res.socket?.resetAndDestroy(), 'ERR_APPLE_UNAVAILABLE'],
    ['fails', status(500), 'ERR_APPLE_ROSTER'],
  ])(
    'row 169: gives up when Apple %s for ever',
    async (_name, answer, code) => {
      await signedIn(answer)
      expect((await expectFailure('/users', code)).details).toMatchObject({ path: '/users', attempts: 4 })
      expect(rosterRequests()).toHaveLength(4)
    },
    30_000,
  )
})
