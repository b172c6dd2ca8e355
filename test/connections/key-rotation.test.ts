import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { Keyv } from 'keyv'
import { withClockAhead } from '../support/clock.js'
import { connectSchool } from '../support/schools.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()
const [oldKey, newKey] = [1, 2].map(() => randomBytes(32).toString('base64url')) as [string, string]

function startNode(store: Keyv, tokenEncryptionKeys?: string[]): Promise<TestApp> {
  return startApp({ options: { service: 'account-data-sharing', store, tokenEncryptionKeys } })
}

async function read({ apple: { connections } }: TestApp): Promise<string> {
  const { id } = await connections.roster('org-1').organization()
  return id
}

describe('a connected school, when the keys change', () => {
  it.each([
    ['with its key', [oldKey]],
    ['unsealed', undefined],
  ])('that was stored %s moves to the first key as it is read', async (_name, keys) => {
    const store = new Keyv()
    await connectSchool(apple, await startNode(store, keys))
    expect(await read(await startNode(store, [newKey, oldKey]))).toBe('org-1')
    expect(JSON.stringify([...store.store.values()])).not.toMatch(/[ar][0-9a-f]{32}\.0\./)
    expect(await read(await startNode(store, [newKey]))).toBe('org-1')
    expect(apple.requestsTo('/token')).toHaveLength(1)
  })

  it('moves with all others as the schools are listed', async () => {
    const store = new Keyv()
    const old = await startNode(store, [oldKey])
    await connectSchool(apple, old, 'org-1')
    await connectSchool(apple, old, 'org-2')
    const both = await startNode(store, [newKey, oldKey])
    for await (const { status } of both.apple.connections.list()) expect(status).toBe('working')
    for (const id of ['org-1', 'org-2']) {
      expect(await (await startNode(store, [newKey])).apple.connections.get(id)).toMatchObject({ status: 'working' })
    }
  })

  it('keeps a refresh token that Apple has replaced', async () => {
    const store = new Keyv()
    const old = await startNode(store, [oldKey])
    await connectSchool(apple, old)
    apple.tokenAnswer = { refresh_token: 'the-new-refresh-token' }
    await withClockAhead(2 * 3600, () => read(old))
    const both = await startNode(store, [newKey, oldKey])
    await withClockAhead(2 * 3600, () => read(both))
    apple.tokenAnswer = {}
    apple.requests.length = 0
    // Its next renewal moves it.
    await withClockAhead(4 * 3600, () => read(both))
    await withClockAhead(6 * 3600, async () => read(await startNode(store, [newKey])))
    const used = apple.requestsTo('/token').map(({ form }) => form.get('refresh_token'))
    expect(used).toEqual(['the-new-refresh-token', 'the-new-refresh-token'])
  })

  it('is told of by an event when no key opens it', async () => {
    const store = new Keyv()
    await connectSchool(apple, await startNode(store, [oldKey]))
    const app = await startNode(store, [newKey])
    const told: unknown[] = []
    app.apple.on('unsealing_failed', (event) => told.push(event))
    await app.apple.connections.get('org-1')
    expect(told).toEqual([{ record: 'connection', organizationId: 'org-1' }])
  })

  it('overwrites no newer grant while it moves', async () => {
    const store = new Keyv()
    const old = await startNode(store, [oldKey])
    await connectSchool(apple, old)
    const both = await startNode(store, [newKey, oldKey])
    const get = store.get.bind(store)
    let connecting: Promise<unknown> | undefined
    // Another administrator connects the school between the reading and the moving.
    const interrupted = async (key: string): Promise<unknown> => {
      const found: unknown = await get(key)
      if (key.startsWith('connection:') && connecting === undefined) {
        connecting = connectSchool(apple, old, 'org-1', 'second.administrator')
        await connecting
      }
      return found
    }
    store.get = interrupted as typeof store.get
    await both.apple.connections.get('org-1')
    store.get = get
    expect(connecting).toBeDefined()
    expect(await both.apple.connections.get('org-1')).toMatchObject({ connectedBy: 'second.administrator' })
  })
})
