import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll } from '@jest/globals'
import type { AppleAuth, AppleAuthOptions } from '../../src/index.js'
import { LoopbackApple, type RecordedRequest } from '../support/loopback-apple.js'
import { p8 } from '../support/test-app.js'
import { instanceOf, takerTeam } from './two-teams.js'

/** Answers one request; the number says the how manieth of its endpoint it is, from 0 on. */
export type Answer = (res: ServerResponse, index: number, request: RecordedRequest) => unknown

/** An Apple on this machine that says what a test wants, and an instance of a team that moves people. */
export class MigrationBench {
  readonly apple = new LoopbackApple()
  readonly #instances: AppleAuth[] = []
  readonly #open = new Set<ServerResponse>()
  #answers: Record<'token' | 'migration', Answer> = usual

  /** An instance; each has its own team token. */
  instance(options: AppleAuthOptions = {}): AppleAuth {
    const credentials = { clientId: 'com.example.web', teamId: 'GIVER00001', keyId: 'KEY1234567', privateKey: p8 }
    const instance = instanceOf(credentials, this.apple.url, options)
    this.#instances.push(instance)
    return instance
  }

  /** A person's transfer_sub, by an instance of its own. */
  transferSub(sub = 'somebody', options: AppleAuthOptions = {}): Promise<string> {
    return this.instance(options).transfer.transferSub(sub, takerTeam)
  }

  /** Answers the n-th request to the endpoint by the n-th of these, and all later ones by the last. */
  answer(endpoint: 'token' | 'migration', ...answers: Answer[]): void {
    const inTurn: Answer = (res, index, request) => answers[Math.min(index, answers.length - 1)]?.(res, index, request)
    this.#answers = { ...this.#answers, [endpoint]: inTurn }
    const counts = { token: 0, migration: 0 }
    this.apple.misbehave = (request, res) => {
      this.#open.add(res)
      res.once('close', () => this.#open.delete(res))
      const asked = request.path.endsWith('/token') ? 'token' : 'migration'
      this.#answers[asked](res, counts[asked], request)
      counts[asked] += 1
      return true
    }
  }

  /** How many requests wait for their answer. */
  get openRequests(): number {
    return this.#open.size
  }

  get tokenRequests(): RecordedRequest[] {
    return this.apple.requestsTo('/token')
  }

  get migrationRequests(): RecordedRequest[] {
    return this.apple.requestsTo('/usermigrationinfo')
  }

  /** Everything as usual again. */
  async reset(): Promise<void> {
    await Promise.all(this.#instances.splice(0).map((instance) => instance.close()))
    this.apple.reset()
    this.#answers = usual
    this.answer('token', usual.token)
  }
}

/** A bench for all tests of a file, as new before each. */
export function useMigration(): MigrationBench {
  const bench = new MigrationBench()
  beforeAll(async () => {
    await bench.apple.listen()
    await bench.reset()
  })
  afterEach(() => bench.reset())
  afterAll(() => bench.apple.stop())
  return bench
}

/** Answers with this JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (res) => res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** Answers without a body. */
export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (res) => res.writeHead(code, headers).end()
}

/** Cuts the connection. */
export const reset: Answer = (res) => res.socket?.resetAndDestroy()

/** Says nothing for ever. */
export const hang: Answer = () => undefined

/** A team's access token, `team-token-0`, `team-token-1` and so on. */
export function token(lifetimeSeconds = 3600): Answer {
  return (res, index, request) => {
    const body = { access_token: `team-token-${String(index)}`, token_type: 'Bearer', expires_in: lifetimeSeconds }
    json(body)(res, index, request)
  }
}

/** A transfer_sub, or the sub for one, made of what was sent. */
export const moved: Answer = (res, index, request) => {
  const [sub, transferSub] = [request.form.get('sub'), request.form.get('transfer_sub')]
  json(sub === null ? { sub: `new-${String(transferSub)}` } : { transfer_sub: `moved-${sub}` })(res, index, request)
}

const usual: Record<'token' | 'migration', Answer> = { token: token(), migration: moved }
