import type { Answer, Browser } from './browser.js'
import type { Cluster } from './cluster.js'
import { walkLogin, WalkError } from './walk-login.js'

/** A browser and who is signed in in it; nobody where `sub` is undefined. */
interface Person {
  readonly browser: Browser
  readonly sub: string | undefined
}

const newcomersAtOnce = 4
const thinkingMs = 20

/** People who open pages one after the other, and newcomers who sign in, until it is stopped. */
export class Load {
  /** Requests and logins, whatever came of them. */
  requests = 0
  /** What was answered with an error, or not at all. */
  readonly failures: Answer[] = []
  /** Answers that said something untrue: each is one too many. */
  readonly mistakes: string[] = []
  readonly #people: Person[] = []
  /** Newcomers whose login failed. */
  readonly #refused: Person[] = []
  #newcomers = 0
  #stopping = false

  constructor(private readonly cluster: Cluster) {}

  /** Signs so many people in, one after the other. */
  async signIn(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const person = { browser: this.cluster.browser(), sub: `person-${String(index)}` }
      await walkLogin(person.browser, this.cluster.apple, { claims: { sub: person.sub } })
      this.#people.push(person)
    }
  }

  /** So many browsers that nobody is signed in in. */
  addVisitors(count: number): void {
    for (let index = 0; index < count; index++) this.#people.push({ browser: this.cluster.browser(), sub: undefined })
  }

  /** Connects a school on one node; the others open their store when they first need it. */
  async connectSchool(): Promise<void> {
    await walkLogin(this.cluster.browser(), this.cluster.apple, 'none', 'school')
  }

  /** Has all of them act while something runs. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const people = this.#people.map((person) => this.#untilStopped(() => this.#look(person)))
    const newcomers = Array.from({ length: newcomersAtOnce }, () => this.#untilStopped(() => this.#arrive()))
    const school = this.#untilStopped(() => this.#readSchool())
    try {
      return await run()
    } finally {
      this.#stopping = true
      await Promise.all([...people, ...newcomers, school])
    }
  }

  /** How many people signed in. */
  get signedIn(): number {
    return this.#people.filter(({ sub }) => sub !== undefined).length
  }

  /** How many of those who signed in are not signed in any more; looks at whom the refused are seen as, too. */
  async countLost(): Promise<number> {
    let lost = 0
    for (const person of this.#people) {
      const seen = await look(person)
      if (seen !== person.sub) lost++
    }
    for (const person of this.#refused) {
      const seen = await look(person)
      // Their login may have been kept although the answer said that it was not.
      if (seen !== undefined && seen !== person.sub) this.mistakes.push(`${String(person.sub)} is seen as ${seen}`)
    }
    return lost
  }

  async #untilStopped(act: () => Promise<void>): Promise<void> {
    while (!this.#stopping) {
      await act()
      await new Promise((resolve) => setTimeout(resolve, thinkingMs))
    }
  }

  async #look({ browser, sub }: Person): Promise<void> {
    const path = sub !== undefined && this.requests % 2 === 0 ? '/private' : '/me'
    this.#judge(await browser.get(path), (answer) => subOf(answer) === sub, `${path} of ${sub ?? 'nobody'}`)
  }

  async #readSchool(): Promise<void> {
    const answer = await this.cluster.browser().get('/school/org-1')
    this.#judge(answer, ({ text }) => (JSON.parse(text) as { status?: string }).status === 'working', '/school')
  }

  /** An error is a failure, unless it says that somebody is not signed in, or something not there, that is. */
  #judge(answer: Answer, isTrue: (answer: Answer) => boolean, what: string): void {
    this.requests++
    const { status, text } = answer
    if (status === 0 || (status >= 400 && ![401, 403, 404].includes(status))) this.failures.push(answer)
    else if (status !== 200 || !isTrue(answer)) this.mistakes.push(`${what}: ${String(status)} ${text.slice(0, 200)}`)
  }

  async #arrive(): Promise<void> {
    this.requests++
    const person = { browser: this.cluster.browser(), sub: `newcomer-${String(this.#newcomers++)}` }
    try {
      await walkLogin(person.browser, this.cluster.apple, { claims: { sub: person.sub } })
      this.#people.push(person)
    } catch (error) {
      if (!(error instanceof WalkError)) throw error
      this.failures.push(error.answer)
      this.#refused.push(person)
    }
  }
}

async function look({ browser }: Person): Promise<string | undefined> {
  const answer = await browser.get('/me')
  if (answer.status !== 200) throw new Error(`/me answered ${String(answer.status)}: ${answer.text}`)
  return subOf(answer)
}

function subOf({ text }: Answer): string | undefined {
  return (JSON.parse(text) as { sub?: string }).sub
}
