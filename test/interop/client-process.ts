import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ClientCredentials } from '../../src/simulator/index.js'
import type { Database } from './apps/accounts.js'
import type { AppleAtHome } from './apple-at-home.js'

/** What a test changes of the usual client. */
export interface ClientSetup {
  /** Where the app takes Apple's answers. Default: /auth/apple/callback. */
  callbackPath?: string
  /** False has it trust nobody but the world's usual authorities. Default: true. */
  trusts?: boolean
}

/** An app that signs in by another package, in a process of its own that reaches nothing but this machine. */
export class ClientProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly credentials: ClientCredentials,
  ) {}

  /** Starts one of `apps/` and registers it with an Apple. */
  static async start(name: string, apple: AppleAtHome, setup: ClientSetup = {}): Promise<ClientProcess> {
    const { callbackPath = '/auth/apple/callback', trusts = true } = setup
    const child = fork(join(__dirname, 'client-program.ts'), [name], {
      // Node itself runs it, with nothing of this process's environment but the search path.
      cwd: join(__dirname, '../..'),
      execArgv: ['--import', 'tsx', '--import', join(__dirname, 'route-to-apple.ts')],
      env: {
        PATH: process.env.PATH,
        APPLE_AT_HOME_PORT: String(apple.tlsPort),
        ...(trusts && { NODE_EXTRA_CA_CERTS: apple.certificate.file }),
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let stderr = ''
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const failed = once(child, 'exit').then(() => {
      throw new Error(`${name} did not start:\n${stderr}`)
    })
    const [{ url }] = (await Promise.race([once(child, 'message'), failed])) as [{ url: string }]
    const redirectUri = `${url}${callbackPath}`
    const credentials = apple.simulator.createClient({
      service: 'sign-in-with-apple',
      redirectUris: [redirectUri],
      clientId: 'com.example.web',
      notificationUrl: new URL('notifications', redirectUri).href,
    })
    const { clientId, teamId, keyId, privateKey } = credentials
    const issuer = apple.simulator.url
    child.send({ clientId, teamId, keyId, privateKey, redirectUri, appUrl: url, issuer })
    await Promise.race([once(child, 'message'), failed])
    failed.catch(() => undefined)
    return new ClientProcess(child, url, credentials)
  }

  /** Reads all that the app keeps. */
  async database(): Promise<Database> {
    return (await (await fetch(`${this.url}/database`)).json()) as Database
  }

  /** Ends it on the spot and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exit = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exit
  }
}
