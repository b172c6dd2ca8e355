import { afterAll, afterEach, beforeAll } from '@jest/globals'
import {
  type AppleSimulator,
  type ClientCredentials,
  createAppleSimulator,
  type CreateClientOptions,
} from '../../src/simulator/index.js'
import { TestApp, type TestAppSetup } from '../support/test-app.js'
import { goodEnvironment } from './good-environment.js'

/** The simulator as Apple for all tests of a file, apps registered with it, and apps that run. */
export interface SimulatedApple {
  readonly simulator: AppleSimulator
  /** Registers an app; gives what the portal hands over, and the variables of a .env file that is right. */
  readonly register: (options?: Partial<CreateClientOptions>) => {
    readonly credentials: ClientCredentials
    readonly env: Record<string, string>
  }
  /** Starts a real Express app that is registered and right but for `setup`; gives its variables and address. */
  readonly startApp: (
    setup?: TestAppSetup,
    redirectUri?: string,
  ) => Promise<{ env: Record<string, string>; url: string }>
}

/** Starts it before the tests and stops it after them; apps end with their test. */
export function useSimulator(): SimulatedApple {
  const simulator = createAppleSimulator()
  const apps: TestApp[] = []

  function register(options: Partial<CreateClientOptions> = {}): ReturnType<SimulatedApple['register']> {
    const credentials = simulator.createClient({
      service: 'sign-in-with-apple',
      redirectUris: ['https://school.example/auth/apple/callback'],
      ...options,
    })
    const { SESSION_SECRET = '' } = goodEnvironment
    // A busy machine takes its time.
    const patience = { APPLE_HTTP_TIMEOUT_MS: '20000' }
    return { credentials, env: { ...credentials.environment, SESSION_SECRET, ...patience } }
  }

  beforeAll(() => simulator.listen())
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.stop())))
  afterAll(() => simulator.close())

  return {
    simulator,
    register,
    async startApp(setup = {}, redirectUri) {
      let env: Record<string, string> = {}
      const app = await TestApp.start(simulator.url, {
        errorPage: false,
        ...setup,
        options: { ...(redirectUri !== undefined && { redirectUri }), ...setup.options },
        register(url) {
          const registered = register({ redirectUris: [redirectUri ?? `${url}/auth/apple/callback`] })
          env = registered.env
          return registered.credentials
        },
      })
      apps.push(app)
      return { env, url: app.url }
    },
  }
}
