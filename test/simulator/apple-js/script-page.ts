import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'

/** A page with Apple's script: what its head holds besides, and its Cross-Origin-Opener-Policy. */
export interface PageSetup {
  head?: string
  openerPolicy?: string
  /** By default the site's own; 127.0.0.1 is another origin than localhost. */
  host?: string
}

/** A site on this machine whose pages use the simulator's script, and what they have heard. */
export class ScriptSite {
  readonly simulator: AppleSimulator = createAppleSimulator()
  /** The forms that were posted to the redirect URI. */
  readonly posted: Record<string, string>[] = []
  readonly #server: Server
  #setup: PageSetup = {}

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<ScriptSite> {
    const server = createServer().unref()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const site = new ScriptSite(server)
    await site.simulator.listen()
    site.simulator.createClient({
      service: 'sign-in-with-apple',
      clientId: 'com.example.popup',
      redirectUris: [site.redirectUri],
    })
    server.on('request', (req, res) => {
      let body = ''
      req.on('data', (chunk: Buffer) => (body += chunk.toString()))
      req.on('end', () => {
        if (req.method === 'POST') site.posted.push(Object.fromEntries(new URLSearchParams(body)))
        const { openerPolicy } = site.#setup
        res.setHeader('Content-Type', 'text/html')
        if (openerPolicy !== undefined) res.setHeader('Cross-Origin-Opener-Policy', openerPolicy)
        res.end(req.method === 'POST' ? 'Arrived' : site.#page())
      })
    })
    return site
  }

  get url(): string {
    return `http://localhost:${String((this.#server.address() as AddressInfo).port)}`
  }

  get redirectUri(): string {
    return `${this.url}/callback`
  }

  /** Opens the page, and collects what it writes to the console as errors. */
  async open(context: BrowserContext, setup: PageSetup = {}): Promise<{ page: Page; complaints: string[] }> {
    this.#setup = setup
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(this.url.replace('localhost', setup.host ?? 'localhost'))
    return { page, complaints }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.simulator.close()
  }

  #page(): string {
    const { url } = this.simulator
    return `<!doctype html><title>Page</title><link rel="icon" href="data:,">${this.#setup.head ?? ''}
      <script src="${url}/appleauth/static/jsapi/appleid/1/en_US/appleid.auth.js"></script>
      <script>
        var heard = []
        for (const name of ['AppleIDSignInOnSuccess', 'AppleIDSignInOnFailure']) {
          document.addEventListener(name, ({ detail }) => heard.push([name, detail]))
        }
        // What a promise came to: [true, value] or [false, reason].
        const settle = (promise) => promise.then((value) => [true, value], (reason) => [false, reason])
      </script>`
  }
}
