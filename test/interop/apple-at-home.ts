import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAppleSimulator, type AppleSimulator, type AppleSimulatorOptions } from '../../src/simulator/index.js'
import { createAppleCertificate, type AppleCertificate } from './apple-certificate.js'

/** Where clients that know no other Apple go. */
export const appleUrl = 'https://appleid.apple.com'

/** The simulator under Apple's own name, over TLS, on this machine; the same one over plain http beside it. */
export class AppleAtHome {
  /** Changes what the token endpoint answers on its way to the client. */
  change: ((body: string) => string) | undefined

  private constructor(
    readonly simulator: AppleSimulator,
    readonly certificate: AppleCertificate,
    /** The same Apple over http, for browsers and for what can be told another address. */
    readonly plainUrl: string,
    private readonly plain: Server,
    private readonly tls: TlsServer,
  ) {}

  /** Starts it. `name` is what it takes itself for: Apple, or the address that it has. */
  static async start(name: 'apple' | 'loopback' = 'apple', options: AppleSimulatorOptions = {}): Promise<AppleAtHome> {
    const certificate = createAppleCertificate()
    // A test that fails before it stops them must not hold the process.
    const [plain, tls] = [createServer().unref(), createTlsServer(certificate).unref()]
    await Promise.all([listen(plain), listen(tls)])
    const plainUrl = `http://127.0.0.1:${String(portOf(plain))}`
    const simulator = createAppleSimulator({ ...options, baseUrl: name === 'apple' ? appleUrl : plainUrl })
    const apple = new AppleAtHome(simulator, certificate, plainUrl, plain, tls)
    plain.on('request', apple.#answer)
    tls.on('request', apple.#answer)
    return apple
  }

  get tlsPort(): number {
    return portOf(this.tls)
  }

  /** What an app may know of one of Apple's people at their first login. */
  person(name: string): { sub: string; email: string | undefined; name: string } {
    const person = this.simulator.people.find((one) => `${one.givenName} ${one.familyName}` === name)
    if (person === undefined) throw new Error(`Apple knows no ${name}.`)
    return { sub: this.simulator.subject(person.id), email: person.email, name }
  }

  /** What was asked so far, without what browsers and key sets asked: endpoint, grant type and status. */
  get exchanges(): string[] {
    return this.simulator.requests
      .filter(({ endpoint }) => endpoint !== 'keys')
      .map(({ endpoint, grantType, status }) => [endpoint, grantType, status].filter(Boolean).join(' '))
  }

  /** How often the key set was fetched. */
  get keyRequests(): number {
    return this.simulator.requests.filter(({ endpoint }) => endpoint === 'keys').length
  }

  /** Lets every key go that has ever been shown. */
  async changeAllKeys(): Promise<void> {
    for (let key = 0; key < 3; key++) await this.simulator.rotateKeys()
  }

  async stop(): Promise<void> {
    this.certificate.remove()
    for (const server of [this.plain, this.tls]) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    await this.simulator.close()
  }

  readonly #answer: RequestListener = (req, res) => {
    if (this.change !== undefined && req.url === '/auth/token') changeBody(res, this.change)
    this.simulator.app(req, res)
  }
}

/** The body must keep its length, which has been announced by then. */
function changeBody(res: ServerResponse, change: (body: string) => string): void {
  const end = res.end.bind(res) as (body: string) => ServerResponse
  res.end = ((body: string) => end(change(body))) as ServerResponse['end']
}

async function listen(server: Server | TlsServer): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

function portOf(server: Server | TlsServer): number {
  return (server.address() as AddressInfo).port
}
