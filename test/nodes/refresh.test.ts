import { expect } from '@jest/globals'
import { backends } from './backends.js'
import type { Answer, Browser } from './browser.js'
import type { Cluster } from './cluster.js'
import { recordFigures } from './figures.js'
import { useCluster } from './use-cluster.js'
import { walkLogin } from './walk-login.js'

const requests = 100

for (const backend of backends) {
  backend.describe(`a hundred requests at once that need a new access token, over ${backend.name}`, () => {
    const it = useCluster(backend.claimForCluster)

    it('make one refresh at Apple on one node', async (cluster) => {
      const browser = await signInBriefly(cluster)
      const [url = ''] = cluster.nodeUrls
      expect(await refreshesOf(cluster, () => browser.get('/token', url))).toBe(1)
      await expectSignedInEverywhere(cluster, browser)
      recordFigures({
        test: `${String(requests)} requests at once, one node`,
        server: backend.name,
        'refreshes at Apple': 1,
      })
    })

    it('make at most one per node for a school without a browser', async (cluster) => {
      cluster.apple.tokenAnswer = { expires_in: 1 }
      await walkLogin(cluster.browser(), cluster.apple, 'none', 'school')
      cluster.apple.tokenAnswer = {}
      cluster.apple.requests.length = 0
      cluster.apple.delay = () => 200
      const browser = cluster.browser()
      const answers = await Promise.all(Array.from({ length: requests }, () => browser.get('/school/org-1')))
      expect(new Set(answers.map(({ status, text }) => `${String(status)} ${text}`))).toEqual(
        new Set(['200 {"status":"working","name":"Test School"}']),
      )
      const refreshes = countRefreshes(cluster)
      expect(refreshes).toBeGreaterThan(0)
      expect(refreshes).toBeLessThanOrEqual(4)
      recordFigures({
        test: `${String(requests)} requests at once for a school, four nodes`,
        server: backend.name,
        'refreshes at Apple': refreshes,
      })
    })

    it('make at most one per node on four', async (cluster) => {
      const browser = await signInBriefly(cluster)
      const refreshes = await refreshesOf(cluster, () => browser.get('/token'))
      expect(refreshes).toBeGreaterThan(0)
      expect(refreshes).toBeLessThanOrEqual(4)
      await expectSignedInEverywhere(cluster, browser)
      recordFigures({
        test: `${String(requests)} requests at once, four nodes`,
        server: backend.name,
        'refreshes at Apple': refreshes,
      })
    })
  })
}

/** Signs in with an access token that has as good as ended; Apple's later ones last. */
async function signInBriefly(cluster: Cluster): Promise<Browser> {
  const browser = cluster.browser()
  cluster.apple.tokenAnswer = { expires_in: 1 }
  await walkLogin(browser, cluster.apple, { claims: { sub: 'person' } })
  cluster.apple.tokenAnswer = {}
  return browser
}

/** Sends all requests at once, expects a token from each, and gives the number of refreshes that Apple saw. */
async function refreshesOf(cluster: Cluster, ask: () => Promise<Answer>): Promise<number> {
  // Apple takes its time, so that all requests come before its answer.
  cluster.apple.delay = () => 200
  const answers = await Promise.all(Array.from({ length: requests }, ask))
  for (const { status, text } of answers) {
    expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(/"token":"[\w-]{43}"/) })
  }
  return countRefreshes(cluster)
}

function countRefreshes({ apple }: Cluster): number {
  return apple.requestsTo('/token').filter(({ form }) => form.get('grant_type') === 'refresh_token').length
}

/** On every node the person is signed in, with a token that need not be renewed again. */
async function expectSignedInEverywhere({ apple, nodeUrls }: Cluster, browser: Browser): Promise<void> {
  const before = apple.requests.length
  for (const url of nodeUrls) {
    expect(JSON.parse((await browser.get('/me', url)).text)).toEqual({ signedIn: true, sub: 'person' })
    expect((await browser.get('/token', url)).status).toBe(200)
  }
  expect(apple.requests.length).toBe(before)
}
