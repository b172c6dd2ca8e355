import { prepareSimulator } from '../../example-app/simulator.js'
import type { AppleSimulator } from '../../src/simulator/index.js'
import type { Visit } from '../../src/testing/agent-browser.js'
import { answerConsent } from '../../src/testing/consent.js'
import { findPerson, type PersonReference } from '../../src/testing/people.js'
import type { Visitor } from '../support/login-steps.js'
import { Example } from './example.js'

/** How a school example starts. */
export interface SchoolExampleSetup {
  /** The data folder, kept by the caller. */
  dataDir: string
  /** Ports to take; both default to any free one. */
  port?: number
  simulatorPort?: number
  /** Further variables. */
  variables?: Record<string, string>
}

/** The example app with its simulator, both clients registered, as `npm start` wires them. */
export class SchoolExample {
  readonly #setup: SchoolExampleSetup

  private constructor(
    readonly example: Example,
    readonly simulator: AppleSimulator,
    setup: SchoolExampleSetup,
  ) {
    this.#setup = setup
  }

  static async start(setup: SchoolExampleSetup): Promise<SchoolExample> {
    const { dataDir, port = 0, simulatorPort = 0, variables = {} } = setup
    let simulator: AppleSimulator | undefined
    try {
      const example = await Example.startWith({
        dataDir,
        port,
        async environment(url) {
          Object.assign(process.env, variables)
          const prepared = prepareSimulator(url)
          simulator = prepared.simulator
          await simulator.listen({ host: '127.0.0.1', port: simulatorPort })
          prepared.setVariables()
          return variables
        },
      })
      if (simulator === undefined) throw new Error('There is no simulator.')
      return new SchoolExample(example, simulator, setup)
    } catch (error) {
      await simulator?.close()
      throw error
    }
  }

  get url(): string {
    return this.example.url
  }

  async stop(): Promise<void> {
    await this.example.stop()
    await this.simulator.close()
  }

  /** Ends everything and starts it again at the same addresses, with the same data folder. */
  async restart(): Promise<SchoolExample> {
    const port = Number(new URL(this.url).port)
    const simulatorPort = Number(new URL(this.simulator.url).port)
    await this.stop()
    return SchoolExample.start({ ...this.#setup, port, simulatorPort })
  }

  /** Signs one of the simulator's people in with Apple. */
  async signIn(visitor: Visitor, person: PersonReference): Promise<void> {
    const { url, fields } = await this.#approve(visitor, '/auth/apple', person)
    const answer = await visitor.post(url.pathname).set('Sec-Fetch-Site', 'same-origin').type('form').send(fields)
    if (answer.status !== 303) throw new Error(`the callback answered ${String(answer.status)}: ${answer.text}`)
  }

  /** Lets one of the simulator's people connect their school. */
  async connect(visitor: Visitor, person: PersonReference = 'school-administrator'): Promise<void> {
    const { url } = await this.#approve(visitor, '/auth/school', person)
    const answer = await visitor.get(`${url.pathname}${url.search}`)
    if (answer.status !== 303) throw new Error(`the callback answered ${String(answer.status)}: ${answer.text}`)
  }

  /** Presses "Sync now". */
  async sync(visitor: Visitor): Promise<void> {
    const answer = await visitor.post('/school/sync').set('Sec-Fetch-Site', 'same-origin')
    if (answer.status !== 303) throw new Error(`/school/sync answered ${String(answer.status)}: ${answer.text}`)
  }

  /** Presses "Sync now" and waits for the end; gives the school page. */
  async syncToTheEnd(visitor: Visitor): Promise<string> {
    await this.sync(visitor)
    for (;;) {
      const { body } = await visitor.get('/school/status')
      if (body.progress === undefined) return textOf(visitor, '/school')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Goes to Apple and says yes there; gives the visit to the app that follows. */
  async #approve(visitor: Visitor, mount: string, person: PersonReference): Promise<Visit> {
    const { headers } = await visitor.get(`${mount}/login`)
    return answerConsent(this.simulator, new URL(headers.location ?? ''), findPerson(this.simulator, person), {})
  }
}

/** A page's text, without tags and with single spaces. */
export async function textOf(visitor: Visitor, path: string): Promise<string> {
  const { text } = await visitor.get(path)
  return text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}
