import { describe, expect, it } from '@jest/globals'
import { useApple } from '../support/use-apple.js'
import { FaultyStore } from './faulty-store.js'
import { listen } from './operator.js'
import { isSignedIn, visitUntil } from './visit.js'

const { apple, startApp } = useApple()
const aSecond = 1000
/** A callback asks the store half a dozen times. */
const patienceMs = 60_000

describe('a session store that takes a second for each answer', () => {
  it(
    'keeps /login waiting, and sends the browser to Apple',
    async () => {
      const store = new FaultyStore()
      const app = await startApp({ session: { store } })
      const { step } = await visitUntil('/login', apple, app)
      store.delayMs = aSecond
      expect((await step()).headers.location).toContain('/auth/authorize?')
      expect(app.errors).toEqual([])
    },
    patienceMs,
  )

  it(
    'keeps /callback waiting; a second click meanwhile makes no second login',
    async () => {
      const store = new FaultyStore()
      const app = await startApp({ session: { store } })
      const { visitor, step } = await visitUntil('/callback', apple, app)
      const heard = listen(app.apple)
      store.delayMs = aSecond
      const answers = await Promise.all([step(), step()])
      expect(answers.map(({ status }) => status)).toEqual([303, 303])
      expect(heard.map(({ name }) => name)).toEqual(['login'])
      expect(app.errors).toEqual([])
      expect(apple.requestsTo('/auth/token')).toHaveLength(1)
      store.recover()
      expect(await isSignedIn(visitor)).toBe(true)
    },
    patienceMs,
  )

  it(
    'keeps pages and /logout waiting; a page under way brings nobody back',
    async () => {
      const store = new FaultyStore()
      const app = await startApp({ session: { store } })
      const { visitor, step: logOut } = await visitUntil('/logout', apple, app)
      const heard = listen(app.apple)
      store.delayMs = aSecond
      const [page, logout] = await Promise.all([visitor.get('/private').then(), logOut()])
      expect([page.status, logout.status]).toEqual([200, 303])
      expect(heard.map(({ name }) => name)).toEqual(['logout'])
      expect(app.errors).toEqual([])
      store.recover()
      expect(await isSignedIn(visitor)).toBe(false)
      expect(store.size).toBe(0)
    },
    patienceMs,
  )
})
