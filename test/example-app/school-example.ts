import { prepareSimulator } from '../../example-app/simulator.js'
import type { AppleSimulator } from '../../src/simulator/index.js'
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
  async signIn(visitor: Visitor, person: string): Promise<void> {
    const { action, fields } = await this.#approve(visitor, '/auth/apple', person)
    const answer = await visitor.post(action).set('Sec-Fetch-Site', 'same-origin').type('form').send(fields)
    if (answer.status !== 303) throw new Error(`the callback answered ${String(answer.status)}: ${answer.text}`)
  }

  /** Lets one of the simulator's people connect their school. */
  async connect(visitor: Visitor, person = 'School Administrator'): Promise<void> {
    const { action } = await this.#approve(visitor, '/auth/school', person)
    const answer = await visitor.get(action)
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

  /** Goes to Apple and says yes there; what comes back is a form to post, or an address with the answer in it. */
  async #approve(visitor: Visitor, mount: string, name: string) {
    const login = await visitor.get(`${mount}/login`)
    const authorizeUrl = login.headers.location ?? ''
    const consent = await (await fetch(authorizeUrl)).text()
    const [, consentAction = ''] = /<form method="post" action="([^"]*)"/.exec(consent) ?? []
    const body = new URLSearchParams({ person: this.#idOf(name), decision: 'continue' })
    const said = await fetch(new URL(consentAction, authorizeUrl), { method: 'POST', body, redirect: 'manual' })
    const location = said.headers.get('location')
    if (location !== null) return { action: pathOf(location), fields: {} }
    const html = await said.text()
    const [, action = ''] = /<form id="form_post" method="post" action="([^"]*)"/.exec(html) ?? []
    const inputs = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
    const unescaped = [...inputs].map(([, key = '', value = '']) => [key, value.replaceAll('&quot;', '"')] as const)
    return { action: pathOf(action), fields: Object.fromEntries(unescaped) }
  }

  #idOf(name: string): string {
    const person = this.simulator.people.find(({ givenName, familyName }) => `${givenName} ${familyName}` === name)
    if (person === undefined) throw new Error(`No ${name} in the simulator.`)
    return person.id
  }
}

/** A page's text, without tags and with single spaces. */
export async function textOf(visitor: Visitor, path: string): Promise<string> {
  const { text } = await visitor.get(path)
  return text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}
