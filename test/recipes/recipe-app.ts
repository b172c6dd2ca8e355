import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import request from 'supertest'
import { type AppleSimulator, createAppleSimulator, type CreateClientOptions } from '../../src/simulator/index.js'
import { loadRecipe, type Recipe } from './load-recipe.js'

/** What a recipe's app needs of Apple. */
export type RecipeSetup = Partial<CreateClientOptions>

/** A recipe from the README, running against the simulator. */
export class RecipeApp {
  private constructor(
    readonly recipe: Recipe,
    readonly simulator: AppleSimulator,
    /** Without a slash at its end. */
    readonly url: string,
    readonly server: Server,
    private readonly before: NodeJS.ProcessEnv,
  ) {}

  /** Registers an app with a simulator, sets its variables, runs the README's code under that heading and listens. */
  static async start(heading: string, setup: RecipeSetup = {}): Promise<RecipeApp> {
    const before = { ...process.env }
    const simulator = createAppleSimulator()
    await simulator.listen()
    const server = createServer().unref()
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    const url = `http://localhost:${String((server.address() as AddressInfo).port)}`
    const { environment } = simulator.createClient({
      service: 'sign-in-with-apple',
      redirectUris: [`${url}/auth/apple/callback`],
      notificationUrl: `${url}/auth/apple/notifications`,
      ...setup,
    })
    Object.assign(process.env, environment, { SESSION_SECRET: 'of a test' })
    const recipe = loadRecipe(heading)
    server.on('request', recipe.app as Express)
    return new RecipeApp(recipe, simulator, url, server, before)
  }

  /** The id of one of the simulator's people, by their full name. */
  personId(fullName: string): string {
    const person = this.simulator.people.find(({ givenName, familyName }) => `${givenName} ${familyName}` === fullName)
    if (person === undefined) throw new Error(`The simulator has no ${fullName}.`)
    return person.id
  }

  /** A browser's cookie jar at this app. */
  visitor(): ReturnType<typeof request.agent> {
    return request.agent(this.url)
  }

  async stop(): Promise<void> {
    for (const name of Object.keys(process.env)) if (!(name in this.before)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, this.before)
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
    await this.simulator.close()
  }
}
