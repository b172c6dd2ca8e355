import { expect } from '@jest/globals'
import { backends } from './backends.js'
import type { Answer } from './browser.js'
import type { Cluster } from './cluster.js'
import { recordFigures, secondsSince } from './figures.js'
import { Load } from './load.js'
import type { OwnServer } from './own-server.js'
import { inParallel, useCluster } from './use-cluster.js'
import { walkLogin } from './walk-login.js'

const people = 40
const visitors = 10
const outageMs = 3000

for (const backend of backends) {
  backend.describeWithServer(`${backend.name} stopped and started again under load`, () => {
    let server: OwnServer | undefined
    const it = useCluster(async () => (server = await backend.startServer()))

    it('fails requests cleanly meanwhile, and loses no session', async (cluster) => {
      const load = new Load(cluster)
      await load.signIn(people)
      load.addVisitors(visitors)
      await load.connectSchool()

      const { outage, recovery } = await load.during(async () => {
        await pause(500)
        await server?.stop()
        const stoppedAt = performance.now()
        await pause(outageMs)
        await server?.start()
        const outage = secondsSince(stoppedAt)
        const recovery = await untilWell(cluster)
        await pause(500)
        return { outage, recovery }
      })

      const lost = await load.countLost()
      const schools = await Promise.all(cluster.nodeUrls.map((url) => cluster.browser().get('/schools', url)))
      recordFigures({
        test: 'server stopped and started',
        server: backend.name,
        'seconds without it': outage,
        'seconds until all nodes had it again': recovery,
        'requests and logins': load.requests,
        failed: load.failures.length,
        'longest of them (ms)': longest(load.failures),
        'signed in': load.signedIn,
        'lost sessions': lost,
      })
      expect(load.failures.length).toBeGreaterThan(0)
      // An answer of the app's own: no connection broke, nobody waited in vain, no page is missing.
      expect(load.failures.filter(({ status }) => status < 400 || status === 502)).toEqual([])
      expect(load.mistakes).toEqual([])
      expect(lost).toBe(0)
      for (const { text } of schools) expect(JSON.parse(text)).toEqual({ schools: ['org-1'] })
      await inParallel(people, 10, async (index) => {
        const sub = `late-${String(index)}`
        const browser = cluster.browser()
        const { retries } = await walkLogin(browser, cluster.apple, { claims: { sub } })
        expect([retries, JSON.parse((await browser.get('/me')).text)]).toEqual([0, { signedIn: true, sub }])
      })
    })
  })
}

function longest(failures: readonly Answer[]): number {
  return Math.round(Math.max(0, ...failures.map(({ ms }) => ms)))
}

/** Waits until every node has the server again; gives the seconds. */
async function untilWell(cluster: Cluster): Promise<number> {
  const startedAt = performance.now()
  for (const url of cluster.nodeUrls) {
    await until(() => cluster.browser().get('/auth/apple/login', url), 302)
    await until(() => cluster.browser().get('/school/org-1', url), 200)
  }
  return secondsSince(startedAt)
}

async function until(ask: () => Promise<Answer>, status: number): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const answer = await ask()
    if (answer.status === status) return
    if (secondsSince(startedAt) > 30) throw new Error(`${String(answer.status)} half a minute later: ${answer.text}`)
    await pause(50)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
