import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import request from 'supertest'
import { createApp, type SchoolApp } from '../../example-app/app.js'
import type { Visitor } from '../support/login-steps.js'
import { p8 } from '../support/test-app.js'

const variables = /^(APPLE_.*|SESSION_SECRET|TRUST_PROXY|PORT|SIMULATOR_.*|REDIS_URL|DATABASE_URL|DATA_DIR)$/

/** Where and how an example starts. */
export interface ExampleSetup {
  /** The data folder; the caller removes it. Default: a new one, which goes with the example. */
  dataDir?: string
  /** Default: any free one. */
  port?: number
  /** Sets further variables, once the app's address is known. */
  environment: (url: string) => Promise<Record<string, string>> | Record<string, string>
}

/** The example app, listening on localhost. */
export class Example {
  readonly #server: Server
  readonly #before = { ...process.env }
  readonly #ownFolder: string | undefined
  #app: SchoolApp | undefined
  /** Is the app out of reach for what Apple tells it? */
  isDeaf = false

  private constructor(server: Server, ownFolder: string | undefined) {
    this.#server = server
    this.#ownFolder = ownFolder
  }

  /** Starts with Sign in with Apple at an Apple; `changes` are laid over the environment. */
  static start(appleUrl: string, changes: Record<string, string> = {}): Promise<Example> {
    return Example.startWith({
      environment: (url) => ({ ...instance('APPLE_', 'apple', url, appleUrl), SESSION_SECRET: 'test', ...changes }),
    })
  }

  static async startWith({ dataDir, port = 0, environment }: ExampleSetup): Promise<Example> {
    const ownFolder = dataDir === undefined ? newDataDir() : undefined
    // A test that fails before it stops its app must not hold the process.
    const server = createServer().unref()
    await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
    const example = new Example(server, ownFolder)
    try {
      for (const name of Object.keys(process.env)) if (variables.test(name)) process.env[name] = ''
      process.env.DATA_DIR = dataDir ?? ownFolder ?? ''
      Object.assign(process.env, await environment(example.url))
      example.#app = await createApp()
      const { handler } = example.#app
      server.on('request', (req, res) => {
        if (example.isDeaf && req.url?.endsWith('/notifications') === true) res.writeHead(503).end()
        else handler(req, res)
      })
      return example
    } catch (error) {
      await example.stop()
      throw error
    }
  }

  get url(): string {
    return `http://localhost:${String((this.#server.address() as AddressInfo).port)}`
  }

  get app(): SchoolApp {
    if (this.#app === undefined) throw new Error('The example has not started.')
    return this.#app
  }

  /** A browser's cookie jar at the app. */
  visitor(): Visitor {
    return request.agent(this.url)
  }

  /** Closes the app and puts the environment back. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.#app?.close()
    process.env = this.#before
    if (this.#ownFolder !== undefined) rmSync(this.#ownFolder, { recursive: true })
  }
}

/** An empty folder for an example's data. */
export function newDataDir(): string {
  return mkdtempSync(join(tmpdir(), 'school-app-'))
}

/** The variables of one instance. */
export function instance(prefix: string, name: string, url: string, appleUrl: string): Record<string, string> {
  return {
    [`${prefix}CLIENT_ID`]: `com.example.${name}`,
    [`${prefix}TEAM_ID`]: 'TEAM123456',
    [`${prefix}KEY_ID`]: 'KEY1234567',
    [`${prefix}PRIVATE_KEY`]: p8,
    [`${prefix}REDIRECT_URI`]: `${url}/auth/${name}/callback`,
    [`${prefix}BASE_URL`]: appleUrl,
    [`${prefix}ROSTER_BASE_URL`]: appleUrl,
  }
}
