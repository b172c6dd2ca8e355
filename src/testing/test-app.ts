import type {
  AppleSimulator,
  ClientCredentials,
  CreateClientOptions,
  DeviceSignIn,
  DeviceSignInOptions,
} from '../simulator/index.js'
import type { TestAgent } from './agent.js'
import { besideCallback, type AppUnderTest } from './app-under-test.js'
import type { ConsentOptions } from './consent.js'
import {
  deliverNotification,
  signNotification,
  type TestNotificationOptions,
  type TestNotifyOptions,
} from './notifications.js'
import type { TestPage } from './page.js'
import { findAdministrator, findPerson, type PersonReference, type SchoolReference } from './people.js'
import { signInAgent, type SignInOptions } from './sign-in.js'
import { approveInPage, signInPage, type SignInPageOptions } from './sign-in-page.js'

/** How the app is registered with Apple. */
export interface TestAppOptions extends Omit<CreateClientOptions, 'redirectUris'> {
  /** Where the app's callback is: https, or http on this machine. Nobody needs to listen there. */
  readonly redirectUri: string
  /** The path that begins a login. Default: `/login` beside the callback. */
  readonly loginPath?: string
}

/** What a person does on their own device. */
export type TestDeviceSignInOptions = Partial<Omit<DeviceSignInOptions, 'personId'>>

/** One app, or one instance of `appleAuth()`, and what people do with it. */
export interface TestApp {
  /** The variables that point the app at this Apple; those that would be in the way are empty, which is absent. */
  readonly environment: Record<string, string>
  readonly credentials: ClientCredentials
  /**
   * Signs a person in through a supertest agent: login, consent, callback, token exchange. Answers the path that the
   * callback leads to.
   * @throws Error with what the app or Apple answered instead
   */
  readonly signIn: (agent: TestAgent, person: PersonReference, options?: SignInOptions) => Promise<string>
  /**
   * Lets the administrator of a school connect it, for an app of Data Sharing. Default: the seeded First School.
   * @throws Error with what the app or Apple answered instead
   */
  readonly connectSchool: (agent: TestAgent, school?: SchoolReference, options?: SignInOptions) => Promise<string>
  /**
   * Signs a person in in a page of Playwright's, by clicks. Answers the path that the person ends on.
   * @throws Error with what the app or Apple answered instead
   */
  readonly signInPage: (page: TestPage, person: PersonReference, options?: SignInPageOptions) => Promise<string>
  /** The same from where the page shows Apple's consent page, or is about to. */
  readonly approveInPage: (page: TestPage, person: PersonReference, options?: ConsentOptions) => Promise<string>
  /**
   * Lets something happen and tells the app, which has taken it when this resolves.
   * @throws Error when the app does not answer 200
   */
  readonly notify: (options: TestNotifyOptions) => Promise<void>
  /** The same, but hands over the body that Apple would post, signed. */
  readonly signNotification: (options: TestNotificationOptions) => Promise<{ readonly payload: string }>
  /** Signs a person in on their own device. Default client id: the first of `bundleIds`. */
  readonly signInOnDevice: (person: PersonReference, options?: TestDeviceSignInOptions) => Promise<DeviceSignIn>
}

/**
 * Registers an app.
 * @throws TypeError for options that make no sense
 */
export function createTestApp(simulator: AppleSimulator, options: TestAppOptions): TestApp {
  const { redirectUri, loginPath, ...registration } = options
  const credentials = simulator.createClient({ ...registration, redirectUris: [redirectUri] })
  const { bundleIds } = registration
  const url = new URL(redirectUri)
  const { clientId } = credentials
  const app: AppUnderTest = {
    ...{ simulator, clientId, redirectUri: url },
    loginPath: loginPath ?? besideCallback(url, 'login'),
  }
  const who = (person: PersonReference) => findPerson(simulator, person)
  return {
    environment: credentials.environment,
    credentials,
    signIn: async (agent, person, how = {}) => signInAgent(app, agent, who(person), how),
    connectSchool: async (agent, school = 'first-school', how = {}) =>
      signInAgent(app, agent, findAdministrator(simulator, school), how),
    signInPage: async (page, person, how = {}) => signInPage(app, page, who(person), how),
    approveInPage: async (page, person, how = {}) => approveInPage(app, page, who(person), how),
    notify: (about) => deliverNotification(app, about),
    signNotification: (about) => signNotification(app, about),
    signInOnDevice: async (person, { clientId: bundleId = bundleIds?.[0], ...device } = {}) => {
      if (bundleId === undefined) throw new TypeError('signInOnDevice needs an app for devices: give bundleIds.')
      return simulator.signInOnDevice({ ...device, clientId: bundleId, personId: who(person).id })
    },
  }
}
