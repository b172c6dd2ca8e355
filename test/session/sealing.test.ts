import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { AppleAuthOptions, AppleTokens } from '../../src/index.js'
import { signIn } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { TestApp } from '../support/test-app.js'
import { changeRecord, createStore, homeOf, packRecord, recordIn, sessionsIn, type Store } from './stored-session.js'

const key = (): string => randomBytes(32).toString('base64url')
const [first, second, third] = [key(), key(), key()]

let apple: LoopbackApple
let store: Store
const apps: TestApp[] = []

beforeAll(async () => {
  apple = await LoopbackApple.start()
})
beforeEach(() => {
  store = createStore()
})
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()))
  apple.reset()
})
afterAll(() => apple.stop())

let tokens: AppleTokens | undefined

/** Starts a node of the app on the common store. */
async function node(tokenEncryptionKeys: string[] | undefined, options: AppleAuthOptions = {}): Promise<TestApp> {
  const app = await TestApp.start(apple.url, {
    options: { tokenEncryptionKeys, ...options },
    session: { store },
    routes: (express) => {
      express.get('/tokens', (req, res) => {
        tokens = req.apple.tokens
        res.end()
      })
    },
  })
  apps.push(app)
  return app
}

/** Signs somebody in there and gives the browser's cookie. */
async function cookieFrom(app: TestApp): Promise<string> {
  const visitor = app.visitor()
  const answer = await signIn(apple, visitor)
  expect(answer.status).toBe(303)
  await visitor.get('/tokens')
  const [cookie = ''] = answer.get('Set-Cookie') ?? []
  return cookie.split(';')[0] ?? ''
}

const somebody = { signedIn: true, sub: '001883.fcc77ba97500402389df96821ad9c790.1517' }
const nobody = { signedIn: false }

/** Every piece of Apple's tokens that must not rest in a store: also encoded, and the claims in the clear. */
function traces({ accessToken, refreshToken, idToken }: AppleTokens): string[] {
  const pieces = [accessToken, refreshToken ?? '', idToken ?? '', ...(idToken ?? '').split('.')]
  return pieces.flatMap((piece) => [piece, encodeURIComponent(piece), Buffer.from(piece).toString('base64url')])
}

describe('tokenEncryptionKeys', () => {
  it('row 142: leave no text of a token in the session store', async () => {
    const app = await node([first])
    const cookie = await cookieFrom(app)
    const resting = JSON.stringify(await sessionsIn(store))
    if (tokens === undefined) throw new Error('nobody is signed in')
    for (const trace of traces(tokens)) {
      expect(trace.length).toBeGreaterThan(10)
      expect(resting).not.toContain(trace)
    }
    expect(await homeOf(app, cookie)).toEqual(somebody)
  })

  it('are needed for that: without them the tokens rest as they are', async () => {
    await cookieFrom(await node(undefined))
    const resting = JSON.stringify(await sessionsIn(store))
    expect(resting).toContain(tokens?.accessToken)
    expect(resting).toContain(tokens?.refreshToken)
  })

  it('seal with another text each time', async () => {
    const app = await node([first])
    await cookieFrom(app)
    const before = await recordIn(store)
    store = createStore()
    await cookieFrom(await node([first]))
    const after = await recordIn(store)
    expect(before.slice(0, 9)).toBe(after.slice(0, 9))
    expect(before.slice(9, 25)).not.toBe(after.slice(9, 25))
  })

  it('open with the second key too', async () => {
    const cookie = await cookieFrom(await node([first]))
    expect(await homeOf(await node([second, first]), cookie)).toEqual(somebody)
    expect(await homeOf(await node([third, second, first]), cookie)).toEqual(somebody)
  })

  it('seal with the first key', async () => {
    const cookie = await cookieFrom(await node([first, second]))
    expect(await homeOf(await node([first]), cookie)).toEqual(somebody)
    expect(await homeOf(await node([second]), cookie)).toEqual(nobody)
  })

  it('sign out whose key was removed, without an error', async () => {
    const cookie = await cookieFrom(await node([first]))
    const app = await node([second])
    expect(await homeOf(app, cookie)).toEqual(nobody)
    expect(app.errors).toEqual([])
    expect(await homeOf(await node(undefined), cookie)).toEqual(nobody)
  })

  it('let somebody whose key was removed sign in anew', async () => {
    await cookieFrom(await node([first]))
    const app = await node([second])
    expect(await homeOf(app, await cookieFrom(app))).toEqual(somebody)
  })

  it('read an unsealed login from before, and seal the next one', async () => {
    const cookie = await cookieFrom(await node(undefined))
    const app = await node([first])
    expect(await homeOf(app, cookie)).toEqual(somebody)
    store = createStore()
    await cookieFrom(await node([first]))
    expect(JSON.stringify(await sessionsIn(store))).not.toContain(tokens?.accessToken)
  })

  it('open a login only for the client that it was made for', async () => {
    const cookie = await cookieFrom(await node([first]))
    expect(await homeOf(await node([first], { clientId: 'com.example.other' }), cookie)).toEqual(nobody)
  })
})

describe('a sealed login in the session store', () => {
  it.each<[string, (record: string) => unknown]>([
    ['changed at its beginning', (record) => flip(record, 12)],
    ['changed in its middle', (record) => flip(record, Math.floor(record.length / 2))],
    ['changed near its end', (record) => flip(record, record.length - 4)],
    ['cut short', (record) => record.slice(0, -8)],
    ['cut to its mark', (record) => record.slice(0, 9)],
    ['cut to less than a tag', (record) => record.slice(0, 40)],
    ['made longer', (record) => `${record}AAAA`],
    ['of another version', (record) => record.replace('sealed.2.', 'sealed.3.')],
    ['under the name of another key', (record) => record.replace(/^sealed\.2\.[^.]+/, 'sealed.2.AAAAAAAA')],
    ['that is not base64url', () => 'sealed.1.????'],
    ['that is empty', () => ''],
    ['that is a number', () => 5],
    ['that is null', () => null],
    ['that is an object', (record) => ({ record })],
  ])('%s is nobody’s, and no error', async (_name, change) => {
    const app = await node([first])
    const cookie = await cookieFrom(app)
    await changeRecord(store, change)
    expect(await homeOf(app, cookie)).toEqual(nobody)
    expect(app.errors).toEqual([])
  })
})

describe('an unsealed login in the session store', () => {
  it.each<[string, (record: string) => unknown]>([
    ['changed at its beginning', (record) => flip(record, 22)],
    ['changed in its middle', (record) => flip(record, Math.floor(record.length / 2))],
    ['changed at its end', (record) => `${record}0`],
    ['cut short', (record) => record.slice(0, -20)],
    ['without one of its fields', (record) => record.replace(/\|a[0-9a-f]{32}[^|]*/, '')],
    ['without its checksum', (record) => record.slice(0, record.lastIndexOf('|'))],
    ['of a form to come', (record) => packRecord('2', ...fieldsOf(record).slice(1))],
    ['of another client', (record) => packRecord('1', 'com.example.web2', ...fieldsOf(record).slice(2))],
    ['of a native app that is none of ours', (record) => packRecord(...fieldsOf(record).with(2, 'com.example.app'))],
    ['that is junk', () => '%%%'],
    ['that is empty', () => ''],
  ])('%s is nobody’s, and no error', async (_name, change) => {
    const app = await node(undefined)
    const cookie = await cookieFrom(app)
    await changeRecord(store, change)
    expect(await homeOf(app, cookie)).toEqual(nobody)
    expect(app.errors).toEqual([])
  })
})

/** Changes one character, all of whose six bits count, for another. */
function flip(record: string, index: number): string {
  return `${record.slice(0, index)}${record[index] === 'A' ? 'B' : 'A'}${record.slice(index + 1)}`
}

function fieldsOf(record: string): string[] {
  return record.split('|').slice(0, -1)
}
