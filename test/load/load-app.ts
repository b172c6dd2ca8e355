import { once } from 'node:events'
import { Browser } from '../nodes/browser.js'
import { Program } from '../nodes/program.js'
import type { LoopbackApple } from '../support/loopback-apple.js'
import { p8 } from '../support/test-app.js'

/** What the app's process does when it is told: say what it uses, or close everything. */
export type Order = 'memory' | 'processor' | 'close'

/** What the app's process has in use after a garbage collection. */
export interface Memory {
  readonly heapBytes: number
  readonly rssBytes: number
}

/** How the app's process ended when it was left alone. */
export interface Ending {
  /** What still kept it ten seconds after everything was closed, as Node names it; this conversation aside. */
  readonly openHandles: readonly string[]
  /** Whether it ended by itself. */
  readonly ended: boolean
}

/** The client id of the app under load. */
export const clientId = 'com.example.web'
/** How long a process may take to end before it counts as one that does not, in milliseconds. */
const endMs = 60_000

/** The app of `app.ts` in a process of its own, which may be killed and started again at the same address. */
export class LoadApp {
  #program: Program

  private constructor(
    program: Program,
    readonly port: number,
    readonly environment: NodeJS.ProcessEnv,
  ) {
    this.#program = program
  }

  /** `environment` is added to what makes it work at this Apple. */
  static async start(apple: LoopbackApple, environment: NodeJS.ProcessEnv = {}): Promise<LoadApp> {
    const all = {
      APPLE_SERVICE: 'sign-in-with-apple',
      APPLE_CLIENT_ID: clientId,
      APPLE_TEAM_ID: 'TEAM123456',
      APPLE_KEY_ID: 'KEY1234567',
      APPLE_PRIVATE_KEY: p8,
      APPLE_BASE_URL: apple.url,
      ...environment,
    }
    const program = await Program.start('../load/app.ts', all)
    return new LoadApp(program, program.port, all)
  }

  get url(): string {
    return `http://localhost:${String(this.port)}`
  }

  /** What it wrote to stderr, the last of it. */
  get stderr(): string {
    return this.#program.stderr
  }

  /** A browser that nobody is signed in in. */
  browser(): Browser {
    return new Browser(this.url)
  }

  async memory(): Promise<Memory> {
    return (await this.#ask('memory')) as Memory
  }

  /** How much time its process has had of a processor, in seconds. */
  async processorSeconds(): Promise<number> {
    return (await this.#ask('processor')) as number
  }

  /** SIGKILL, and a new process at once. @throws Error when the old one had ended by itself */
  async crash(): Promise<void> {
    if (this.#program.end !== undefined) throw new Error(`the app had ended by itself:\n${this.stderr}`)
    await this.kill()
    this.#program = await Program.start('../load/app.ts', { ...this.environment, PORT: String(this.port) })
  }

  kill(): Promise<void> {
    return this.#program.kill()
  }

  /** Has it close everything, and waits until it ends by itself. */
  async close(): Promise<Ending> {
    const { process } = this.#program
    const exit = once(process, 'exit')
    const openHandles = (await this.#ask('close')) as string[]
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise((resolve) => (timer = setTimeout(resolve, endMs)))
    await Promise.race([exit, tooLate])
    clearTimeout(timer)
    return { openHandles, ended: this.#program.end?.code === 0 }
  }

  async #ask(order: Order): Promise<unknown> {
    const { process } = this.#program
    const gone = new AbortController()
    const fail = (): void => {
      gone.abort(new Error(`the app ended:\n${this.stderr}`))
    }
    process.once('exit', fail)
    try {
      const answer = once(process, 'message', { signal: gone.signal })
      process.send(order)
      const [message] = (await answer) as unknown[]
      return message
    } finally {
      process.off('exit', fail)
    }
  }
}
