import { expect } from '@jest/globals'
import { backends } from './backends.js'
import { figuresVariable, recordFigures, secondsSince } from './figures.js'
import { inParallel, useCluster } from './use-cluster.js'
import { isNobodyThere, walkLogin } from './walk-login.js'

// `npm run test:nodes` does the full number.
const manyLogins = process.env[figuresVariable] === undefined ? 150 : 1000
const width = 20
const killAt = Math.floor(manyLogins / 3)

for (const backend of backends) {
  backend.describe(`a node killed in the middle of many logins over ${backend.name}`, () => {
    const it = useCluster(backend.claimForCluster)

    it('costs those who meet it a Reload, and nobody a login', async (cluster) => {
      // Apple takes its time, so that logins are under way on the node when it dies.
      cluster.apple.delay = ({ path }) => (path.endsWith('/token') ? 30 : 0)
      const startedAt = performance.now()
      // A login that is refused without having met the dead node throws here.
      const logins = await inParallel(manyLogins, width, async (index) => {
        const [, victim] = cluster.nodes
        if (index === killAt) await victim?.kill()
        const sub = `person-${String(index)}`
        const browser = cluster.browser()
        return { sub, browser, walk: await walkLogin(browser, cluster.apple, { claims: { sub } }) }
      })
      const seconds = secondsSince(startedAt)

      let lost = 0
      await inParallel(logins.length, width, async (index) => {
        const { sub, browser } = logins[index] ?? {}
        let answer = await browser?.get('/me')
        while (answer !== undefined && isNobodyThere(answer)) answer = await browser?.get('/me')
        if (answer?.status !== 200) throw new Error(`/me answered ${String(answer?.status)}`)
        const seen = JSON.parse(answer.text) as { signedIn: boolean; sub?: string }
        if (seen.signedIn) expect(seen.sub).toBe(sub)
        else lost++
      })
      const retried = logins.filter(({ walk }) => walk.retries > 0)
      recordFigures({
        test: 'one of four nodes killed',
        server: backend.name,
        logins: logins.length,
        seconds,
        'node killed at login': killAt,
        'logins that met the dead node': retried.length,
        'begun anew': logins.reduce((sum, { walk }) => sum + walk.restarts, 0),
        retries: logins.reduce((sum, { walk }) => sum + walk.retries, 0),
        'lost sessions': lost,
      })
      expect(logins).toHaveLength(manyLogins)
      expect(retried.length).toBeGreaterThan(0)
      expect(lost).toBe(0)
      expect(cluster.nodes.map(({ end }) => end?.signal)).toEqual([undefined, 'SIGKILL', undefined, undefined])
    })
  })
}
