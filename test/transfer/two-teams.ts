import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Request, type Response } from 'express'
import { type AppleAuth, appleAuth, type AppleAuthOptions } from '../../src/index.js'
import {
  type AppleSimulator,
  type ClientCredentials,
  createAppleSimulator,
  type SimulatorPerson,
} from '../../src/simulator/index.js'
import { App } from '../simulator/support/app.js'

/** The receiving team. */
export const takerTeam = 'TAKER00001'

/** One request to the migration endpoint, as it arrived. */
export interface Arrival {
  readonly id: string
  readonly openAtOnce: number
}

/** A simulator with an app of a team that gives it away, and one of the team that gets it. */
export class TwoTeams {
  /** Requests to the migration endpoint. */
  readonly arrivals: Arrival[] = []
  readonly giver: AppleAuth
  readonly taker: AppleAuth
  readonly #open = new Set<symbol>()
  #gate: Promise<void> = Promise.resolve()
  #openGate: () => void = () => undefined

  private constructor(
    readonly simulator: AppleSimulator,
    readonly giverApp: App,
    readonly takerApp: App,
    private readonly server: Server,
  ) {
    this.giver = instanceOf(giverApp.credentials, simulator.url)
    this.taker = instanceOf(takerApp.credentials, simulator.url)
  }

  /** Starts both; `delayMs` is how long Apple takes for each person. */
  static async start(people?: readonly SimulatorPerson[], delayMs = 0): Promise<TwoTeams> {
    const outer = express()
    const server = createServer(outer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    const simulator: AppleSimulator = createAppleSimulator({
      baseUrl,
      now: () => Date.now(),
      ...(people === undefined ? {} : { people }),
    })
    const [giver, taker] = ['GIVER00001', takerTeam].map(
      (teamId) => new App(simulator, 'sign-in-with-apple', { teamId }),
    ) as [App, App]
    const teams: TwoTeams = new TwoTeams(simulator, giver, taker, server)
    outer.use(express.urlencoded({ extended: false }), (req, res, next) => {
      if (!req.path.endsWith('/usermigrationinfo')) {
        next()
        return
      }
      teams.#arrive(idOf(req), res)
      void teams.#gate.then(() => {
        const waiting = setTimeout(next, delayMs)
        res.once('close', () => {
          clearTimeout(waiting)
        })
      })
    })
    outer.use(simulator.app)
    return teams
  }

  #arrive(id: string, res: Response): void {
    const open = Symbol()
    this.#open.add(open)
    this.arrivals.push({ id, openAtOnce: this.#open.size })
    this.#openGate()
    // The client may send its next request before `finish`; a connection that breaks ends without either.
    for (const end of ['prefinish', 'close']) res.once(end, () => this.#open.delete(open))
  }

  /** Answers nobody before so many requests are open at once. */
  holdUntilOpen(count: number): void {
    this.arrivals.length = 0
    this.#gate = new Promise((resolve) => {
      this.#openGate = () => {
        if (this.#open.size >= count) resolve()
      }
    })
  }

  /** Lets the receiving team accept the app. */
  begin(): void {
    this.simulator.transferApp({ clientId: this.giverApp.credentials.clientId, toTeamId: takerTeam })
  }

  /** Lets everybody use the app; gives their subs at the transferring team. */
  async everybodyUsesIt(): Promise<string[]> {
    const people = this.simulator.people.filter(({ role }) => role === 'consumer')
    const { clientId } = this.giverApp.credentials
    // Not by the consent page, which lists everybody to everybody.
    await Promise.all(
      people.map(({ id }) => this.simulator.signInOnDevice({ clientId, personId: id, hideEmail: true })),
    )
    return people.map(({ id }) => this.simulator.subject(id, 'GIVER00001'))
  }

  /** The ids that Apple was asked about, in the order of their arrival. */
  get asked(): string[] {
    return this.arrivals.map(({ id }) => id)
  }

  /** The most requests that were open at once. */
  get mostAtOnce(): number {
    return Math.max(0, ...this.arrivals.map(({ openAtOnce }) => openAtOnce))
  }

  /** How often a team asked for its access token. */
  get teamTokens(): number {
    return this.simulator.requests.filter(({ grantType }) => grantType === 'client_credentials').length
  }

  async stop(): Promise<void> {
    await Promise.all([this.giver.close(), this.taker.close(), this.simulator.close()])
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** Private people, numbered. */
export function consumers(count: number): SimulatorPerson[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `000000.${String(index).padStart(32, '0')}.0000`,
    givenName: 'Number',
    familyName: String(index),
    role: 'consumer',
    email: `number-${String(index)}@home.example`,
  }))
}

/** An instance with these credentials at that Apple. */
export function instanceOf(
  { clientId, teamId, keyId, privateKey }: Omit<ClientCredentials, 'environment'>,
  baseUrl: string,
  options: AppleAuthOptions = {},
): AppleAuth {
  const redirectUri = 'http://localhost:3000/callback'
  return appleAuth({
    service: 'sign-in-with-apple',
    ...{ clientId, teamId, keyId, privateKey, redirectUri, baseUrl },
    ...options,
  })
}

/** All that an iterable gives, and what it ends with where it throws. */
export async function collect<T>(results: AsyncIterable<T>): Promise<{ all: T[]; thrown: unknown }> {
  const all: T[] = []
  try {
    for await (const result of results) all.push(result)
    return { all, thrown: undefined }
  } catch (thrown) {
    return { all, thrown }
  }
}

function idOf({ body }: Request): string {
  const { sub, transfer_sub: transferSub } = body as Partial<Record<string, string>>
  return sub ?? transferSub ?? ''
}
