import { crc32 } from 'node:zlib'
import session from 'express-session'
import request from 'supertest'
import type { TestApp } from '../support/test-app.js'

/** A session store to look into. */
export type Store = session.MemoryStore

/** Makes one. */
export function createStore(): Store {
  return new session.MemoryStore()
}

/** The sessions that rest in the store, by id. */
export function sessionsIn(store: Store): Promise<Record<string, Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    store.all((error, sessions) => {
      if (error !== undefined && error !== null) reject(new Error('the store failed', { cause: error }))
      else resolve(Object.fromEntries(Object.entries(sessions ?? {}).map(([id, each]) => [id, { ...each }])))
    })
  })
}

/** The one login record in the store, without whom it is about. */
export async function recordIn(store: Store): Promise<string> {
  return (await loginIn(store)).record
}

async function loginIn(store: Store): Promise<{ value: string; record: string; subjects: string }> {
  const values = Object.values(await sessionsIn(store)).flatMap((each) => each['express-apple-auth:apple'] ?? [])
  const [value] = values
  if (values.length !== 1 || typeof value !== 'string') throw new Error(`${String(values.length)} logins in the store`)
  const [record = '', subjects = ''] = value.split(' ')
  return { value, record, subjects }
}

/** Changes the one login record in the store; whom it is about stays, where it is still a text. */
export async function changeRecord(store: Store, change: (record: string) => unknown): Promise<void> {
  const { record, subjects } = await loginIn(store)
  const changed = change(record)
  await changeValue(store, () => (typeof changed === 'string' ? `${changed} ${subjects}` : changed))
}

/** The same for all that the session holds of the login. */
export async function changeValue(store: Store, change: (value: string) => unknown): Promise<void> {
  const { value } = await loginIn(store)
  for (const [id, each] of Object.entries(await sessionsIn(store))) {
    if (each['express-apple-auth:apple'] !== value) continue
    const { cookie } = each as { cookie: session.Cookie }
    const changedSession = { ...each, cookie, 'express-apple-auth:apple': change(value) }
    await new Promise((resolve) => {
      store.set(id, changedSession, resolve)
    })
  }
}

/** A record of these fields with a checksum that is right: as nobody but the package, or a forger, writes one. */
export function packRecord(...fields: readonly string[]): string {
  const text = fields.join('|')
  return `${text}|${String(crc32(text))}`
}

/** What an app says of the browser with that cookie. */
export async function homeOf(app: TestApp, cookie: string): Promise<{ signedIn: boolean; sub?: string }> {
  const answer = await request(app.url).get('/').set('Cookie', cookie)
  if (answer.status !== 200) throw new Error(`the app answered ${String(answer.status)}`)
  return answer.body as { signedIn: boolean; sub?: string }
}
