import { expect } from '@jest/globals'
import { eventOf, notificationOf, postNotification } from '../support/notifications.js'
import { until } from '../support/until.js'
import { backends } from './backends.js'
import type { Browser } from './browser.js'
import type { Cluster } from './cluster.js'
import { figuresVariable, recordFigures, secondsSince } from './figures.js'
import { useCluster } from './use-cluster.js'
import { walkLogin } from './walk-login.js'

const clientId = 'com.example.apple'
// `npm run test:nodes` sends the full number; among all other tests the store may be too slow for as many at once.
const many = process.env[figuresVariable] === undefined ? 3 : 20

for (const backend of backends) {
  backend.describe(`a notification to many nodes over ${backend.name}`, () => {
    const it = useCluster(backend.claimForCluster)

    it('row 152: is taken once, however often and wherever it arrives, and ends the login on every node', async (cluster) => {
      const [browser, other] = [await signIn(cluster, 'person'), await signIn(cluster, 'somebody.else')]
      // Every node has looked, and thinks for ten seconds that the login is a good one.
      for (const url of cluster.nodeUrls) expect(await isSignedIn(browser, url)).toBe(true)
      const startedAt = performance.now()
      const notifications = Array.from({ length: many }, () =>
        notificationOf(cluster.apple, eventOf('consent-revoked', { sub: 'person' }), { claims: { aud: clientId } }),
      )
      const answers = await Promise.all(
        notifications.flatMap((jwt) =>
          cluster.nodeUrls.flatMap((url) => [postNotification({ url }, jwt), postNotification({ url }, jwt)]),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      const told = await Promise.all(cluster.nodeUrls.map((url) => toldTo(cluster, url)))
      expect(told.flat()).toHaveLength(notifications.length)
      expect(new Set(told.flat()).size).toBe(notifications.length)
      for (const url of cluster.nodeUrls) await until(async () => !(await isSignedIn(browser, url)))
      const seconds = secondsSince(startedAt)
      expect(await isSignedIn(other, cluster.nodeUrls[0] ?? '')).toBe(true)
      recordFigures({
        test: `${String(many)} notifications, each to four nodes twice at the same time`,
        server: backend.name,
        arrived: answers.length,
        taken: told.flat().length,
        'seconds until the login had ended everywhere': seconds,
      })
    })
  })
}

async function signIn(cluster: Cluster, sub: string): Promise<Browser> {
  const browser = cluster.browser()
  await walkLogin(browser, cluster.apple, { claims: { sub } })
  return browser
}

async function isSignedIn(browser: Browser, url: string): Promise<boolean> {
  const { status, text } = await browser.get('/me', url)
  expect(status).toBe(200)
  return (JSON.parse(text) as { signedIn: boolean }).signedIn
}

async function toldTo(cluster: Cluster, url: string): Promise<string[]> {
  return JSON.parse((await cluster.browser().get('/told', url)).text) as string[]
}
