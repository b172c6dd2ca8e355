import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import request from 'supertest'
import { createApp } from '../../example-app/app.js'
import type { Visitor } from '../support/login-steps.js'
import { p8 } from '../support/test-app.js'

const variables = /^(APPLE_.*|SESSION_SECRET|TRUST_PROXY|PORT|SIMULATOR_PORT)$/

/** The example app, listening on localhost and pointed at an Apple; `changes` are laid over its environment. */
export class Example {
  readonly #server: Server
  readonly #before = { ...process.env }

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(appleUrl: string, changes: Record<string, string> = {}): Promise<Example> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    const example = new Example(server)
    for (const name of Object.keys(process.env)) if (variables.test(name)) process.env[name] = ''
    Object.assign(process.env, {
      APPLE_SERVICE: 'sign-in-with-apple',
      APPLE_CLIENT_ID: 'com.example.web',
      APPLE_TEAM_ID: 'TEAM123456',
      APPLE_KEY_ID: 'KEY1234567',
      APPLE_PRIVATE_KEY: p8,
      APPLE_REDIRECT_URI: `${example.url}/auth/apple/callback`,
      APPLE_BASE_URL: appleUrl,
      APPLE_ROSTER_BASE_URL: appleUrl,
      SESSION_SECRET: 'test',
      ...changes,
    })
    try {
      server.on('request', createApp())
      return example
    } catch (error) {
      await example.stop()
      throw error
    }
  }

  get url(): string {
    return `http://localhost:${String((this.#server.address() as AddressInfo).port)}`
  }

  /** A browser's cookie jar at the app. */
  visitor(): Visitor {
    return request.agent(this.url)
  }

  /** Closes the app and puts the environment back. */
  async stop(): Promise<void> {
    process.env = this.#before
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
