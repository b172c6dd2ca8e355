import { describe, expect, it, jest } from '@jest/globals'
import { Keyv } from 'keyv'
import type { AppleAuthOptions } from '../../src/index.js'
import { withClockAhead } from '../support/clock.js'
import { connectSchool } from '../support/schools.js'
import { until } from '../support/until.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

// A revocation that failed is sent again after two seconds.
jest.setTimeout(30_000)

function startNode(options: AppleAuthOptions = {}): Promise<TestApp> {
  return startApp({ options: { service: 'account-data-sharing', store: new Keyv(), ...options } })
}

function disconnections({ apple: auth }: TestApp): unknown[] {
  const events: unknown[] = []
  auth.on('disconnected', (event) => events.push(event))
  return events
}

/** All that a Map-backed Keyv holds, by key. */
function contentsOf(store: Keyv): Map<string, string> {
  return store.store as Map<string, string>
}

/** Revocation does not work at the moment. */
function failRevocations(status: number): void {
  apple.misbehave = ({ path }, res) => {
    if (!path.endsWith('/revoke')) return false
    res.writeHead(status, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}')
    return true
  }
}

describe('disconnect', () => {
  it('revokes the refresh token at Apple and forgets the school and its tokens', async () => {
    const store = new Keyv()
    const app = await startNode({ store })
    const events = disconnections(app)
    const { connections } = app.apple
    await connectSchool(apple, app)
    expect(await connections.disconnect('org-1')).toBe(true)
    const [revocation] = apple.requestsTo('/revoke')
    expect(revocation?.form.get('token')).toMatch(/^r[0-9a-f]{32}/)
    expect(revocation?.form.get('token_type_hint')).toBe('refresh_token')
    expect(await connections.get('org-1')).toBeUndefined()
    expect(store.store).toHaveProperty('size', 0)
    expect(events).toEqual([{ organizationId: 'org-1' }])
    expect(await connections.disconnect('org-1')).toBe(false)
  })

  it.each([400, 500])(
    'forgets the school though Apple answers %i, and asks Apple again until it is done',
    async (status) => {
      const store = new Keyv()
      const app = await startNode({ store })
      const events = disconnections(app)
      const failures: unknown[] = []
      app.apple.on('revocation_failed', (event) => failures.push(event))
      const { connections } = app.apple
      await connectSchool(apple, app)
      failRevocations(status)
      expect(await connections.disconnect('org-1')).toBe(true)
      expect(await connections.get('org-1')).toBeUndefined()
      expect(events).toEqual([{ organizationId: 'org-1' }])
      expect(failures).toMatchObject([{ organizationId: 'org-1', willRetry: true }])
      apple.misbehave = () => false
      await until(() => ![...contentsOf(store).keys()].some((key) => key.includes('revocation:')))
      expect(apple.requestsTo('/revoke').map(({ form }) => form.get('token'))).toEqual(
        Array.from({ length: 2 }, () => expect.stringMatching(/^r[0-9a-f]{32}/)),
      )
    },
  )

  it('revokes the access token where there is no other', async () => {
    const app = await startNode()
    apple.tokenAnswer = { refresh_token: undefined }
    await connectSchool(apple, app)
    await app.apple.connections.disconnect('org-1')
    expect(apple.requestsTo('/revoke')[0]?.form.get('token')).toMatch(/^a[0-9a-f]{32}/)
  })

  it('leaves a grant that another administrator gave meanwhile', async () => {
    const app = await startNode()
    const { connections } = app.apple
    await connectSchool(apple, app)
    let connecting: Promise<unknown> | undefined
    apple.misbehave = ({ path }, res) => {
      if (!path.endsWith('/revoke')) return false
      apple.misbehave = () => false
      connecting = connectSchool(apple, app, 'org-1', '000999.second.administrator').then(() => res.end())
      return true
    }
    await connections.disconnect('org-1')
    await connecting
    expect(await connections.get('org-1')).toMatchObject({ connectedBy: '000999.second.administrator' })
  })
})

describe('a refresh token that Apple has replaced', () => {
  async function connectAndReplace(app: TestApp): Promise<Awaited<ReturnType<typeof connectSchool>>> {
    const visitor = await connectSchool(apple, app)
    apple.tokenAnswer = { refresh_token: 'the-new-refresh-token' }
    await withClockAhead(2 * 60 * 60, () => app.apple.connections.roster('org-1').organization())
    return visitor
  }

  it('is the one that is revoked', async () => {
    const app = await startNode()
    await connectAndReplace(app)
    await app.apple.connections.disconnect('org-1')
    expect(apple.requestsTo('/revoke')[0]?.form.get('token')).toBe('the-new-refresh-token')
  })

  it('leaves nothing behind when the school is disconnected while it comes', async () => {
    const store = new Keyv()
    const app = await startNode({ store })
    await connectSchool(apple, app)
    apple.tokenAnswer = { refresh_token: 'the-new-refresh-token' }
    apple.delay = ({ form }) => (form.get('grant_type') === 'refresh_token' ? 200 : 0)
    await withClockAhead(2 * 60 * 60, async () => {
      const reading = app.apple.connections.roster('org-1').organization()
      await new Promise((resolve) => setTimeout(resolve, 100))
      await app.apple.connections.disconnect('org-1')
      await reading
    })
    expect(store.store).toHaveProperty('size', 0)
  })

  it('belongs to the session that brought it: its logout disconnects the school', async () => {
    const app = await startApp({
      options: { service: 'account-data-sharing', store: new Keyv() },
      routes: (routes) => {
        routes.get('/token', (req, res, next) => {
          req.apple.getAccessToken().then(() => res.end(), next)
        })
      },
    })
    const visitor = await connectAndReplace(app)
    await withClockAhead(2 * 60 * 60, async () => {
      await visitor.get('/token')
      await visitor.post('/auth/apple/logout')
    })
    expect(await app.apple.connections.get('org-1')).toBeUndefined()
  })
})

describe('two administrators of one school', () => {
  it('share one connection, and the newer grant wins', async () => {
    const store = new Keyv()
    const app = await startNode({ store })
    await connectSchool(apple, app)
    await connectSchool(apple, app, 'org-1', '000999.second.administrator')
    expect(await app.apple.connections.get('org-1')).toMatchObject({ connectedBy: '000999.second.administrator' })
    // The school and its access token; nothing of the older grant.
    expect(store.store).toHaveProperty('size', 2)
    // Revoking it would end what both have at Apple.
    expect(apple.requestsTo('/revoke')).toHaveLength(0)
  })

  it.each([
    ['a refresh token', {}],
    ['none', { refresh_token: undefined }],
  ])('do not lose it when the one with the older grant and %s signs out', async (_what, tokenAnswer) => {
    const app = await startNode()
    apple.tokenAnswer = tokenAnswer
    const first = await connectSchool(apple, app)
    await connectSchool(apple, app, 'org-1', '000999.second.administrator')
    await first.post('/auth/apple/logout')
    expect(apple.requestsTo('/revoke')).toHaveLength(1)
    expect(await app.apple.connections.get('org-1')).toMatchObject({ connectedBy: '000999.second.administrator' })
  })
})

describe('a logout', () => {
  it('that revokes also disconnects the school', async () => {
    const app = await startNode()
    const events = disconnections(app)
    const visitor = await connectSchool(apple, app)
    await visitor.post('/auth/apple/logout')
    expect(apple.requestsTo('/revoke')).toHaveLength(1)
    expect(await app.apple.connections.get('org-1')).toBeUndefined()
    expect(events).toEqual([{ organizationId: 'org-1' }])
  })

  it('that does not revoke leaves it connected', async () => {
    const app = await startNode({ revokeOnLogout: false })
    const visitor = await connectSchool(apple, app)
    await visitor.post('/auth/apple/logout')
    expect(apple.requestsTo('/revoke')).toHaveLength(0)
    expect(await app.apple.connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
  })

  it('whose revocation fails leaves it connected, so that it can still be disconnected', async () => {
    const app = await startNode()
    const visitor = await connectSchool(apple, app)
    failRevocations(500)
    await visitor.post('/auth/apple/logout')
    expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'working' })
  })
})
