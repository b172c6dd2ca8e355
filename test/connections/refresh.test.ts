import { describe, expect, it, jest } from '@jest/globals'
import { Keyv } from 'keyv'
import type { AppleAuthEvents } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { administrator, connectSchool, refreshesAt, refuseRefreshes, rejectionOf } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()
const twoHours = 2 * 60 * 60

function startNode(store: Keyv = new Keyv()): Promise<TestApp> {
  return startApp({ options: { service: 'account-data-sharing', store } })
}

function brokenEvents({ apple: auth }: TestApp): AppleAuthEvents['connection_broken'][] {
  const events: AppleAuthEvents['connection_broken'][] = []
  auth.on('connection_broken', (event) => events.push(event))
  return events
}

describe('a connection’s access token', () => {
  it('is renewed when it has ended, once for all who wait, and kept for every node', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app)
    await withClockAhead(twoHours, async () => {
      const reads = Array.from({ length: 20 }, () => app.apple.connections.roster('org-1').organization())
      expect(await Promise.all(reads)).toHaveLength(20)
      expect(refreshesAt(apple)).toHaveLength(1)
      await (await startNode(store)).apple.connections.roster('org-1').organization()
      expect(refreshesAt(apple)).toHaveLength(1)
    })
  })

  it('is renewed once when the Roster API refuses it, even right after another renewal', async () => {
    const app = await startNode()
    await connectSchool(apple, app)
    for (const round of [1, 2, 3]) {
      let refused: string | undefined
      apple.misbehave = ({ path, headers }, res) => {
        if (!path.includes('/rosterapi/')) return false
        refused ??= headers.authorization
        if (headers.authorization !== refused) return false
        res.writeHead(401).end()
        return true
      }
      const reads = Array.from({ length: 10 }, () => app.apple.connections.roster('org-1').organization())
      expect(await Promise.all(reads)).toHaveLength(10)
      expect(refreshesAt(apple)).toHaveLength(round)
    }
  })

  it('is renewed by a new request when the remembered one has ended by now', async () => {
    const app = await startNode()
    apple.tokenAnswer = { expires_in: 1 }
    await connectSchool(apple, app)
    const { connections } = app.apple
    await connections.roster('org-1').organization()
    await withClockAhead(10, async () => {
      apple.tokenAnswer = {}
      await connections.roster('org-1').organization()
    })
    expect(refreshesAt(apple)).toHaveLength(2)
  })

  it('is asked of the store once for a long reading', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app)
    const roster = app.apple.connections.roster('org-1')
    await roster.organization()
    const get = jest.spyOn(store, 'get')
    for (let page = 0; page < 5; page++) await roster.organization()
    expect(get).not.toHaveBeenCalled()
  })

  it('is renewed with the first refresh token, or with a new one that Apple sent', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app)
    apple.tokenAnswer = { refresh_token: 'the-new-refresh-token' }
    await withClockAhead(twoHours, () => app.apple.connections.roster('org-1').organization())
    apple.tokenAnswer = {}
    for (const hours of [2, 3]) {
      const { connections } = (await startNode(store)).apple
      await withClockAhead(hours * twoHours, () => connections.roster('org-1').organization())
    }
    const [first, ...others] = refreshesAt(apple).map((form) => form.get('refresh_token'))
    expect(first).toMatch(/^r[0-9a-f]{32}/)
    expect(others).toEqual(['the-new-refresh-token', 'the-new-refresh-token'])
  })

  it.each([429, 500])('is asked for again after a %i, as nobody waits for it', async (status) => {
    const app = await startNode()
    await connectSchool(apple, app)
    refuseRefreshes(apple, 'server_error', status)
    await withClockAhead(twoHours, async () => {
      const reading = app.apple.connections.roster('org-1').organization()
      setTimeout(() => (apple.misbehave = () => false), 200)
      expect(await reading).toMatchObject({ id: 'org-1' })
    })
  })

  it('breaks nothing where Apple does not give it for long', async () => {
    const app = await startNode()
    const events = brokenEvents(app)
    await connectSchool(apple, app)
    refuseRefreshes(apple, 'server_error', 503)
    await withClockAhead(twoHours, async () => {
      const { connections } = app.apple
      expect(await rejectionOf(connections.roster('org-1').organization())).toMatchObject({
        code: 'ERR_APPLE_UNAVAILABLE',
        message: expect.stringContaining('/token answered 503'),
        details: { status: 503 },
      })
      expect(refreshesAt(apple)).toHaveLength(4)
      expect(await connections.get('org-1')).toMatchObject({ status: 'working' })
      apple.misbehave = () => false
      expect(await connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
    })
    expect(events).toEqual([])
  }, 30_000)
})

describe('a connection whose refresh is refused', () => {
  it.each(['invalid_grant', 'invalid_request'])('for %s is marked broken, kept, and told of once', async (error) => {
    const store = new Keyv()
    const app = await startNode(store)
    const events = brokenEvents(app)
    await connectSchool(apple, app)
    refuseRefreshes(apple, error)
    await withClockAhead(twoHours, async () => {
      const { connections } = app.apple
      const readers = Array.from({ length: 5 }, () => rejectionOf(connections.roster('org-1').organization()))
      const [refusal] = await Promise.all(readers)
      if (refusal === undefined) throw new Error('nobody read')
      expect(refusal).toMatchObject({ code: 'ERR_APPLE_CONNECTION', status: 424, reason: error })
      expect(refusal.cause).toMatchObject({ code: 'ERR_APPLE_TOKEN', appleError: error })
      expect(await rejectionOf(connections.roster('org-1').organization())).toMatchObject({ reason: error })
      expect(refreshesAt(apple)).toHaveLength(1)
      const other = (await startNode(store)).apple.connections
      expect(await other.get('org-1')).toMatchObject({
        organization: { name: 'School org-1' },
        status: 'broken',
        broken: { reason: error, since: expect.any(Date) },
      })
    })
    expect(events).toMatchObject([{ organizationId: 'org-1', reason: error, error: { code: 'ERR_APPLE_CONNECTION' } }])
  })

  it('is tried again after an hour, and works again when Apple says so', async () => {
    const app = await startNode()
    const events = brokenEvents(app)
    const { connections } = app.apple
    await connectSchool(apple, app)
    refuseRefreshes(apple, 'invalid_grant')
    await withClockAhead(twoHours, () => rejectionOf(connections.roster('org-1').organization()))
    const first = await connections.get('org-1')
    await withClockAhead(2 * twoHours, () => rejectionOf(connections.roster('org-1').organization()))
    expect(refreshesAt(apple)).toHaveLength(2)
    expect(await connections.get('org-1')).toEqual(first)
    expect(events).toHaveLength(1)
    apple.misbehave = () => false
    await withClockAhead(3 * twoHours, async () => {
      expect(await connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
      expect(await connections.get('org-1')).toMatchObject({ status: 'working', broken: undefined })
    })
  })

  it('is tried again although the clock was ahead when it broke', async () => {
    const app = await startNode()
    const { connections } = app.apple
    await connectSchool(apple, app)
    refuseRefreshes(apple, 'invalid_grant')
    const year = 365 * 24 * 60 * 60
    await withClockAhead(year, () => rejectionOf(connections.roster('org-1').organization()))
    apple.misbehave = () => false
    await withClockAhead(twoHours, async () => {
      expect(await connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
    })
  })

  it('works on when another node has renewed it with a new refresh token in the meantime', async () => {
    const store = new Keyv()
    const [one, other] = [await startNode(store), await startNode(store)]
    const events = brokenEvents(other)
    await connectSchool(apple, one)
    await withClockAhead(twoHours, async () => {
      apple.tokenAnswer = { refresh_token: 'the-new-refresh-token' }
      let renewing: Promise<unknown> | undefined
      apple.misbehave = ({ path, form }, res) => {
        if (!path.endsWith('/token') || form.get('grant_type') !== 'refresh_token') return false
        apple.misbehave = () => false
        renewing = one.apple.connections
          .roster('org-1')
          .organization()
          .then(() => res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}'))
        return true
      }
      expect(await other.apple.connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
      await renewing
      expect(await other.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
    })
    expect(events).toEqual([])
  })

  it('is broken when its access token and its refresh are both refused', async () => {
    const app = await startNode()
    await connectSchool(apple, app)
    apple.misbehave = ({ path, form }, res) => {
      if (path.includes('/rosterapi/')) res.writeHead(401).end()
      else if (form.get('grant_type') === 'refresh_token') {
        res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      } else return false
      return true
    }
    expect(await rejectionOf(app.apple.connections.roster('org-1').organization())).toMatchObject({
      code: 'ERR_APPLE_CONNECTION',
      reason: 'invalid_grant',
    })
  })

  it('is mended by an administrator who connects the school again', async () => {
    const app = await startNode()
    const { connections } = app.apple
    await connectSchool(apple, app)
    refuseRefreshes(apple, 'invalid_grant')
    await withClockAhead(twoHours, async () => {
      await rejectionOf(connections.roster('org-1').organization())
      apple.misbehave = () => false
      await connectSchool(apple, app)
      expect(await connections.get('org-1')).toMatchObject({ status: 'working' })
      expect(await connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
    })
  })

  it('gives way to a newer grant that came while Apple was asked', async () => {
    const app = await startNode()
    const events = brokenEvents(app)
    const { connections } = app.apple
    await connectSchool(apple, app)
    let connecting: Promise<unknown> | undefined
    apple.misbehave = ({ path, form }, res) => {
      if (!path.endsWith('/token') || form.get('grant_type') !== 'refresh_token') return false
      apple.misbehave = () => false
      connecting = connectSchool(apple, app).then(() => {
        res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      })
      return true
    }
    await withClockAhead(twoHours, async () => {
      expect(await connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
      await connecting
      expect(await connections.get('org-1')).toMatchObject({ status: 'working' })
    })
    expect(events).toEqual([])
  })

  it.each([
    ['somebody else', { sub: '000999.somebody.else' }],
    ['another school', { sub: administrator, org_id: 'org-2' }],
  ])('counts as broken when Apple’s answer is about %s', async (_who, claims) => {
    const app = await startNode()
    await connectSchool(apple, app)
    await withClockAhead(twoHours, async () => {
      apple.tokenAnswer = { id_token: apple.idToken('com.example.web', { claims }) }
      expect(await rejectionOf(app.apple.connections.roster('org-1').organization())).toMatchObject({
        code: 'ERR_APPLE_CONNECTION',
        reason: 'other_identity',
        cause: { code: 'ERR_APPLE_ID_TOKEN' },
      })
    })
  })

  it('counts as broken when Apple never sent a refresh token', async () => {
    const app = await startNode()
    apple.tokenAnswer = { refresh_token: undefined }
    await connectSchool(apple, app)
    expect(await app.apple.connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
    await withClockAhead(twoHours, async () => {
      expect(await rejectionOf(app.apple.connections.roster('org-1').organization())).toMatchObject({
        reason: 'no_refresh_token',
      })
    })
  })
})
