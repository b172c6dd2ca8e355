import {
  createAppleSimulator,
  type AppleSimulator,
  type AppleSimulatorOptions,
  type SimulatorPerson,
} from '../simulator/index.js'
import { addPerson, type TestPersonOptions } from './people.js'
import { addSchool, type TestSchool, type TestSchoolOptions } from './schools.js'
import { createTestApp, type TestApp, type TestAppOptions } from './test-app.js'

/** The app under test, and the Apple that is made for it. */
export interface TestAppleOptions extends TestAppOptions {
  /** The simulator's own options. Default: as `createAppleSimulator()`, and a notification is sent once. */
  readonly simulator?: Omit<AppleSimulatorOptions, 'baseUrl'>
  /** Where Apple listens on this machine. Default: a free port. */
  readonly port?: number
}

/** An Apple for one test file, and the app under test. */
export interface TestApple extends TestApp {
  /** Everything else that Apple does: faults, key rotation, what it was asked. */
  readonly simulator: AppleSimulator
  /** Registers one more app, or another instance of `appleAuth()` with an `envPrefix`. @throws TypeError as `startTestApple` */
  readonly registerApp: (options: TestAppOptions) => TestApp
  /** Lets there be somebody new. @throws TypeError for who does not fit */
  readonly person: (options?: TestPersonOptions) => SimulatorPerson
  /** Lets there be a new school, with an administrator. @throws TypeError for numbers that make no sense */
  readonly school: (options?: TestSchoolOptions) => TestSchool
  /** Ends every access token now; refresh tokens stay. */
  readonly expireAccessTokens: () => void
  /** Stops Apple. */
  readonly close: () => Promise<void>
}

/**
 * Starts an Apple on this machine and registers the app under test with it.
 * @throws TypeError for options that make no sense
 * @throws Error when the port cannot be had, and in production
 */
export async function startTestApple({ simulator: knobs, port = 0, ...app }: TestAppleOptions): Promise<TestApple> {
  // An app that answers a notification with an error is to be heard of at once.
  const simulator = createAppleSimulator({ notificationRetryWaitsMs: [], ...knobs })
  await simulator.listen({ port })
  try {
    const testApp = createTestApp(simulator, app)
    // On a busy machine the first login would run into the app's own deadline.
    await simulator.ready()
    return {
      ...testApp,
      simulator,
      registerApp: (options) => createTestApp(simulator, options),
      person: (options = {}) => addPerson(simulator, options),
      school: (options = {}) => addSchool(simulator, options),
      expireAccessTokens: simulator.expireAccessTokens,
      close: simulator.close,
    }
  } catch (error) {
    await simulator.close()
    throw error
  }
}
