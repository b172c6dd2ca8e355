import { createServer, type Server } from 'node:http'
import type { Express } from 'express'
import { type AppleAtHome, appleUrl } from '../interop/apple-at-home.js'
import { sessionSecret } from '../interop/apps/accounts.js'
import { ClientProcess } from '../interop/client-process.js'
import { loadRecipe, type Recipe } from './load-recipe.js'

/** The app of a recipe, which has taken over from one with another package: its address, registration and secrets. */
export class MovedApp {
  private constructor(
    readonly recipe: Recipe,
    readonly url: string,
    private readonly server: Server,
    private readonly before: NodeJS.ProcessEnv,
  ) {}

  /** Stops the old app and starts the README's code under that heading in its place. */
  static async replace(client: ClientProcess, apple: AppleAtHome, heading: string): Promise<MovedApp> {
    await client.stop()
    const before = { ...process.env }
    Object.assign(process.env, client.credentials.environment, {
      SESSION_SECRET: sessionSecret,
      // The same Apple by another way: in here nothing leads its name to this machine.
      APPLE_BASE_URL: apple.plainUrl,
      APPLE_ROSTER_BASE_URL: apple.plainUrl,
      APPLE_ISSUER: appleUrl,
    })
    const recipe = loadRecipe(heading)
    const server = createServer(recipe.app as Express).unref()
    await new Promise<void>((resolve) => server.listen(Number(new URL(client.url).port), 'localhost', resolve))
    return new MovedApp(recipe, client.url, server, before)
  }

  async stop(): Promise<void> {
    for (const name of Object.keys(process.env)) if (!(name in this.before)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, this.before)
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
