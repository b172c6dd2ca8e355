import { expect } from '@jest/globals'
import { backends } from './backends.js'
import { useCluster } from './use-cluster.js'
import { nodeOf, walkLogin } from './walk-login.js'

for (const backend of backends) {
  backend.describe(`four nodes over ${backend.name}`, () => {
    const it = useCluster(backend.claimForCluster)

    it('finish on one node the login that began on another, and know it on all', async (cluster) => {
      for (let person = 0; person < 8; person++) {
        const sub = `person-${String(person)}`
        const browser = cluster.browser()
        const walk = await walkLogin(browser, cluster.apple, { claims: { sub } })
        expect(walk.begunOn).not.toBe(walk.finishedOn)
        expect(walk.retries).toBe(0)
        const answers = [
          await browser.get('/me'),
          await browser.get('/me'),
          await browser.get('/me'),
          await browser.get('/private'),
        ]
        expect(new Set(answers.map(nodeOf)).size).toBe(4)
        for (const { text } of answers) expect(JSON.parse(text)).toMatchObject({ sub })
      }
    })

    it('end a login on all nodes when it is ended on one', async (cluster) => {
      const browser = cluster.browser()
      await walkLogin(browser, cluster.apple, {})
      expect((await browser.post('/auth/apple/logout', {})).status).toBe(303)
      for (const url of cluster.nodeUrls) {
        expect(JSON.parse((await browser.get('/me', url)).text)).toEqual({ signedIn: false })
      }
    })

    it('know a school that was connected through one of them, until it is disconnected through another', async (cluster) => {
      const { nodeUrls, apple } = cluster
      const browser = cluster.browser()
      await walkLogin(browser, apple, 'none', 'school')
      for (const url of nodeUrls) {
        expect(JSON.parse((await browser.get('/school/org-1', url)).text)).toEqual({
          status: 'working',
          name: 'Test School',
        })
        expect(JSON.parse((await browser.get('/schools', url)).text)).toEqual({ schools: ['org-1'] })
      }
      expect(JSON.parse((await browser.post('/school/org-1/disconnect', {})).text)).toEqual({ disconnected: true })
      for (const url of nodeUrls) {
        expect((await browser.get('/school/org-1', url)).status).toBe(404)
        expect(JSON.parse((await browser.get('/schools', url)).text)).toEqual({ schools: [] })
      }
    })
  })
}
