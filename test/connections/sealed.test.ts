import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { Keyv } from 'keyv'
import { connectSchool, rejectionOf } from '../support/schools.js'
import { expectNoSecret } from '../support/expect-refused.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()
const [firstKey, secondKey] = [1, 2].map(() => randomBytes(32).toString('base64url')) as [string, string]

function startNode(store: Keyv, tokenEncryptionKeys?: string[]): Promise<TestApp> {
  return startApp({ options: { service: 'account-data-sharing', store, tokenEncryptionKeys } })
}

/** All that a Map-backed Keyv holds, by key. */
function contentsOf(store: Keyv): Map<string, string> {
  return store.store as Map<string, string>
}

/** Changes what lies, unsealed, under each school's key. */
function changeGrants(store: Keyv, change: (grant: object) => object): void {
  for (const [key, text] of contentsOf(store)) {
    if (!key.includes('connection:')) continue
    const envelope = JSON.parse((JSON.parse(text) as { value: string }).value) as { grant: string }
    const grant = JSON.stringify(change(JSON.parse(envelope.grant) as object))
    contentsOf(store).set(key, JSON.stringify({ value: JSON.stringify({ ...envelope, grant }) }))
  }
}

describe('connections in a store that others can read', () => {
  it('show no token with keys, and work on every node that has one of them', async () => {
    const store = new Keyv()
    await connectSchool(apple, await startNode(store, [firstKey]))
    const stored = JSON.stringify([...contentsOf(store)])
    expectNoSecret(stored)
    expect(stored).not.toContain('School org-1')
    const other = await startNode(store, [secondKey, firstKey])
    expect(await other.apple.connections.roster('org-1').organization()).toMatchObject({ id: 'org-1' })
  })

  it('are listed as broken, never dropped, when no key opens them', async () => {
    const store = new Keyv()
    await connectSchool(apple, await startNode(store, [firstKey]))
    const { connections } = (await startNode(store, [secondKey])).apple
    const listed = []
    for await (const connection of connections.list()) listed.push(connection)
    expect(listed).toMatchObject([{ organizationId: 'org-1', status: 'broken', broken: { reason: 'sealed' } }])
    expect(await connections.get('org-1')).toMatchObject({ status: 'broken', broken: { reason: 'sealed' } })
    expect(await rejectionOf(connections.roster('org-1').users().toArray())).toMatchObject({
      code: 'ERR_APPLE_CONNECTION',
      reason: 'sealed',
      message: expect.stringContaining('tokenEncryptionKeys'),
    })
    // What cannot be read cannot be revoked; forgotten, it would live on at Apple.
    expect(await rejectionOf(connections.disconnect('org-1'))).toMatchObject({ reason: 'sealed' })
    expect(apple.requestsTo('/revoke')).toHaveLength(0)
    expect(await connections.get('org-1')).toMatchObject({ status: 'broken' })
  })

  it('are not read under another school’s key', async () => {
    const store = new Keyv()
    const app = await startNode(store, [firstKey])
    await connectSchool(apple, app)
    await connectSchool(apple, app, 'org-2')
    const contents = contentsOf(store)
    const keys = [...contents.keys()].filter((key) => key.includes('connection:'))
    const [one, two] = keys.map((key) => JSON.parse(contents.get(key) ?? '') as { value: string })
    const swapped = JSON.stringify({ ...two, value: one?.value })
    contents.set(keys[1] ?? '', swapped)
    expect(await app.apple.connections.get('org-2')).toBeUndefined()

    const parts = [one, two].map((entry) => JSON.parse(entry?.value ?? '') as { organizationId: string; grant: string })
    const mixed = JSON.stringify({ organizationId: parts[1]?.organizationId, grant: parts[0]?.grant })
    contents.set(keys[1] ?? '', JSON.stringify({ ...two, value: mixed }))
    expect(await app.apple.connections.get('org-2')).toMatchObject({ status: 'broken', broken: { reason: 'sealed' } })
  })

  it('are not read under another school’s key without keys either', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app)
    changeGrants(store, (grant) => ({ ...grant, organizationId: 'org-9' }))
    expect(await app.apple.connections.get('org-1')).toMatchObject({ status: 'broken', broken: { reason: 'sealed' } })
  })

  it.each([
    ['no JSON', 'x', undefined],
    ['another shape', '{"organizationId":1}', undefined],
    ['a grant without its members', '{"organizationId":"org-1","grant":"{}"}', 'broken'],
  ])('are not trusted when the store gives back %s', async (_what, text, status) => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app)
    for (const key of contentsOf(store).keys()) contentsOf(store).set(key, JSON.stringify({ value: text }))
    const reason = status === undefined ? 'not_connected' : 'sealed'
    expect(await rejectionOf(app.apple.connections.roster('org-1').organization())).toMatchObject({ reason })
    expect((await app.apple.connections.get('org-1'))?.status).toBe(status)
  })

  it('are there without their school’s name when that alone is damaged', async () => {
    const store = new Keyv()
    const app = await startNode(store)
    await connectSchool(apple, app)
    changeGrants(store, (grant) => ({ ...grant, organization: '{' }))
    const listed = []
    for await (const connection of app.apple.connections.list()) listed.push(connection)
    expect(listed).toMatchObject([{ organizationId: 'org-1', organization: undefined, status: 'working' }])
  })
})
