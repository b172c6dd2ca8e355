import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { claimRedisDatabase, createPostgresDatabase, type Database } from '../nodes/database.js'
import { withClockAhead } from '../support/clock.js'
import { connectSchool, refreshesAt, rejectionOf } from '../support/schools.js'
import { describeWithPostgres, describeWithRedis } from '../support/services.js'
import type { TestApp } from '../support/test-app.js'
import { useApple } from '../support/use-apple.js'

const { apple, startApp } = useApple()

function startNode(store: string, clientId: string): Promise<TestApp> {
  return startApp({
    options: {
      service: 'account-data-sharing',
      store,
      clientId,
      tokenEncryptionKeys: randomKeys,
    },
  })
}

const randomKeys = [randomBytes(32).toString('base64url')]

function tests(take: () => Promise<Database>): void {
  let database: Database | undefined
  afterEach(() => database?.remove())

  it('keeps connections for every node, lists them, and lets go of them', async () => {
    database = await take()
    const { url } = database
    const clientId = `com.example.${randomBytes(8).toString('hex')}`
    const app = await startNode(url, clientId)
    const schools = Array.from({ length: 25 }, (_, number) => `org-${String(number)}`)
    for (const school of schools) await connectSchool(apple, app, school)

    const { connections } = (await startNode(url, clientId)).apple
    const listed: string[] = []
    for await (const { organizationId, status } of connections.list()) {
      expect(status).toBe('working')
      listed.push(organizationId)
    }
    expect(listed.sort()).toEqual([...schools].sort())

    apple.organization = { id: 'org-7' }
    await withClockAhead(2 * 60 * 60, async () => {
      await connections.roster('org-7').organization()
      await app.apple.connections.roster('org-7').organization()
    })
    expect(refreshesAt(apple)).toHaveLength(1)

    for (const school of schools) expect(await connections.disconnect(school)).toBe(true)
    for await (const { organizationId } of connections.list()) throw new Error(`${organizationId} is still there`)
  })
}

describeWithRedis('connections in Redis', () => {
  tests(claimRedisDatabase)
})

describeWithPostgres('connections in PostgreSQL', () => {
  tests(createPostgresDatabase)
})

describe.each([
  ['redis://127.0.0.1:1', /ECONNREFUSED/],
  ['redis://nowhere.invalid', /ENOTFOUND|EAI_AGAIN/],
  ['postgres://127.0.0.1:1/none', /ECONNREFUSED/],
])('with nothing at %s', (url, reason) => {
  it('connections fail with ERR_APPLE_STORE, again and again', async () => {
    const { connections } = (await startNode(url, 'com.example.web')).apple
    const first = await rejectionOf(connections.get('org-1'))
    const second = await rejectionOf(connections.get('org-1'))
    for (const error of [first, second]) {
      expect(error).toMatchObject({ code: 'ERR_APPLE_STORE', status: 503 })
      expect(error.message).toContain('APPLE_STORE_URL')
      expect(String(error.cause)).toMatch(reason)
    }
  }, 30_000)
})
