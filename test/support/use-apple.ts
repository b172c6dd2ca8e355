import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { LoopbackApple } from './loopback-apple.js'
import { TestApp, type TestAppSetup } from './test-app.js'

/** A loopback Apple for all tests of a file, well-behaved again before each, and apps that end with their test. */
export function useApple(): { apple: LoopbackApple; startApp: (setup?: TestAppSetup) => Promise<TestApp> } {
  const apple = new LoopbackApple()
  const apps: TestApp[] = []

  beforeAll(() => apple.listen())
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.stop()))
    apple.reset()
  })
  afterAll(() => apple.stop())

  return {
    apple,
    async startApp(setup) {
      const app = await TestApp.start(apple.url, setup)
      apps.push(app)
      return app
    },
  }
}
