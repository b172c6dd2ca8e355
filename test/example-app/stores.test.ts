import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import session from 'express-session'
import { FolderSessionStore } from '../../example-app/stores/folder-session-store.js'
import { FolderStore } from '../../example-app/stores/folder-store.js'
import { SettingError } from '../../example-app/settings.js'
import { backends } from '../nodes/backends.js'
import type { Database } from '../nodes/database.js'
import { withClockAhead } from '../support/clock.js'
import { Example, newDataDir } from './example.js'
import { SchoolExample, textOf } from './school-example.js'

jest.setTimeout(30_000)

const log = jest.spyOn(console, 'error')
let dataDir: string

beforeEach(() => {
  log.mockReset()
  dataDir = newDataDir()
})
afterEach(() => {
  rmSync(dataDir, { recursive: true })
})

describe('FolderStore', () => {
  let store: FolderStore

  beforeEach(() => {
    store = new FolderStore(dataDir)
  })
  afterEach(() => store.close())

  async function all(): Promise<[string, unknown][]> {
    const entries: [string, unknown][] = []
    for await (const [key, value] of store.iterator()) entries.push([key, value])
    return entries.sort()
  }

  it('keeps, replaces, lists and removes values under any key', async () => {
    for (const key of ['plain', '../up', 'a:b/c', 'x'.repeat(500), '__proto__']) {
      await store.set(key, 'first')
      await store.set(key, `${key} second`)
      expect(await store.get(key)).toBe(`${key} second`)
    }
    expect((await all()).map(([key]) => key)).toContain('../up')
    await store.delete('plain')
    await store.delete('never there')
    expect(await store.get('plain')).toBeUndefined()
    expect(await all()).toHaveLength(4)
  })

  it('lets another process read what was awaited, and nobody but its owner', async () => {
    await store.set('key', 'value')
    expect(await new FolderStore(dataDir).get('key')).toBe('value')
    const [file = ''] = readdirSync(dataDir)
    expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600)
  })

  it('forgets what has ended, and sweeps it out together with what a crash left', async () => {
    await store.set('short', 'value', 60_000)
    await store.set('long', 'value')
    writeFileSync(join(dataDir, 'cut-off.json.abc'), '{"ke')
    await withClockAhead(61, async () => {
      expect(await store.get('short')).toBeUndefined()
      expect(await all()).toEqual([['long', 'value']])
      await store.sweep()
    })
    expect(readdirSync(dataDir)).toHaveLength(1)
  })

  it('extends what is there, and brings nothing back', async () => {
    await store.set('kept', 'value', 60_000)
    await store.set('removed', 'value', 60_000)
    await store.extend('kept', 120_000)
    await Promise.all([store.delete('removed'), store.extend('removed', 120_000)])
    await withClockAhead(61, async () => {
      expect(await store.get('kept')).toBe('value')
      expect(await store.get('removed')).toBeUndefined()
    })
  })

  it('writes nothing for an extension that is hardly one', async () => {
    await store.set('kept', 'value', 60_000)
    const before = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name), 'utf8'))
    await store.extend('kept', 60_500)
    expect(readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name), 'utf8'))).toEqual(before)
  })

  it('keeps the last of many writes to one key', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, number) => store.set('key', String(number))))
    expect(await store.get('key')).toBe('49')
  })

  it('says so when it cannot write', async () => {
    rmSync(dataDir, { recursive: true })
    await expect(store.set('key', 'value')).rejects.toThrow('ENOENT')
    mkdirSync(dataDir)
    await store.set('key', 'value')
    expect(await store.get('key')).toBe('value')
  })
})

describe('FolderSessionStore', () => {
  it('keeps a session for as long as its cookie lives, or for a day after the last request', async () => {
    const folder = new FolderStore(dataDir)
    const sessions = new FolderSessionStore(folder)
    const keep = (id: string, maxAge: number | null) =>
      new Promise<unknown>((resolve) => {
        const cookie = new session.Cookie()
        if (maxAge !== null) cookie.maxAge = maxAge
        sessions.set(id, { cookie }, resolve)
      })
    const isThere = (id: string) =>
      new Promise((resolve) => {
        sessions.get(id, (_error, found) => {
          resolve(found !== null)
        })
      })
    expect(await keep('minute', 60_000)).toBeUndefined()
    expect(await keep('usual', null)).toBeUndefined()
    expect(await isThere('minute')).toBe(true)
    await withClockAhead(61, async () => {
      expect([await isThere('minute'), await isThere('usual')]).toEqual([false, true])
    })
    await withClockAhead(25 * 60 * 60, async () => {
      expect(await isThere('usual')).toBe(false)
    })
    await folder.close()
  })
})

describe.each(backends)('the example app with $name', ({ name, describe: describeWithServer, claimDatabase }) => {
  const variable = name === 'Redis' ? 'REDIS_URL' : 'DATABASE_URL'

  describeWithServer(`at ${variable}`, () => {
    let database: Database

    beforeEach(async () => {
      database = await claimDatabase()
    })
    afterEach(() => database.remove())

    it('keeps sessions, schools and what was read there over a restart, and only there', async () => {
      let school = await SchoolExample.start({ dataDir, variables: { [variable]: database.url } })
      const administrator = school.example.visitor()
      await school.connect(administrator)
      expect(await school.syncToTheEnd(administrator)).toContain('120 people and')
      const teacher = school.example.visitor()
      await school.signIn(teacher, 'class-teacher')
      school = await school.restart()
      expect(await textOf(administrator, '/school')).toContain('120 people and')
      expect(await textOf(teacher, '/classes')).toContain('Class Teacher')
      await administrator.post('/school/disconnect').set('Sec-Fetch-Site', 'same-origin')
      expect(await textOf(teacher, '/classes')).toContain('not connected to this app,')
      expect(readdirSync(dataDir).sort()).toEqual(['session-secret', 'simulator.json'])
      await school.stop()
      expect(log).not.toHaveBeenCalled()
    })
  })
})

describe('the stores of the example app', () => {
  it('are either Redis or PostgreSQL', async () => {
    const starting = Example.start('http://127.0.0.1:1', { REDIS_URL: 'redis://one', DATABASE_URL: 'postgres://two' })
    await expect(starting).rejects.toBeInstanceOf(SettingError)
    await expect(starting).rejects.toThrow('REDIS_URL and DATABASE_URL are both set')
  })

  it.each([
    ['REDIS_URL', 'redis://user:secret@127.0.0.1:1'],
    ['DATABASE_URL', 'postgres://user:secret@127.0.0.1:1/none'],
  ])('name %s when nothing answers there, and no password', async (variable, url) => {
    const error = await Example.start('http://127.0.0.1:1', { [variable]: url }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SettingError)
    expect(String(error)).toContain(`${variable}: no `)
    expect(String(error) + log.mock.calls.flat().join()).not.toContain('secret')
  })

  it.each([
    ['REDIS_URL', '127.0.0.1:6379', 'redis:// or rediss://'],
    ['REDIS_URL', 'nonsense secret', 'redis:// or rediss://'],
    ['DATABASE_URL', 'localhost/secret', 'postgres:// or postgresql://'],
  ])('say how %s begins, and nothing of what it is', async (variable, url, beginnings) => {
    const error = await Example.start('http://127.0.0.1:1', { [variable]: url }).catch((reason: unknown) => reason)
    expect(error).toEqual(new SettingError(`${variable} must begin with ${beginnings}.`))
    expect(log).not.toHaveBeenCalled()
  })

  it('name DATA_DIR when it cannot be made', async () => {
    writeFileSync(join(dataDir, 'file'), '')
    await expect(
      Example.startWith({ dataDir: join(dataDir, 'file', 'below'), environment: () => ({}) }),
    ).rejects.toThrow(/set DATA_DIR/)
  })
})
