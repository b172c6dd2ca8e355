import { LoopbackApple } from '../support/loopback-apple.js'
import { p8 } from '../support/test-app.js'
import { Browser } from './browser.js'
import { Program } from './program.js'

/** Four nodes behind a proxy, over one database, and an Apple. */
export class Cluster {
  private constructor(
    readonly apple: LoopbackApple,
    readonly proxy: Program,
    readonly nodes: readonly Program[],
  ) {}

  static async start(databaseUrl: string, size = 4): Promise<Cluster> {
    const apple = await LoopbackApple.start()
    const proxy = await Program.start('round-robin.ts')
    const environment = nodeEnvironment(apple.url, `http://localhost:${String(proxy.port)}`, databaseUrl)
    const nodes = await Promise.all(
      Array.from({ length: size }, (_, index) =>
        Program.start('node.ts', { ...environment, NODE_NAME: `node-${String(index + 1)}` }),
      ),
    )
    proxy.process.send({ ports: nodes.map(({ port }) => port) })
    return new Cluster(apple, proxy, nodes)
  }

  /** A browser that nobody is signed in in, at the proxy. */
  browser(): Browser {
    return new Browser(`http://localhost:${String(this.proxy.port)}`)
  }

  /** Where each node listens itself. */
  get nodeUrls(): string[] {
    return this.nodes.map(({ port }) => `http://127.0.0.1:${String(port)}`)
  }

  /** What the nodes wrote to stderr and how those ended that did: to be printed when a test fails. */
  report(): string {
    return this.nodes
      .map(({ stderr, end }, index) => `node-${String(index + 1)} (${JSON.stringify(end ?? 'running')})\n${stderr}`)
      .join('\n')
  }

  /** The nodes that ended by themselves. */
  unexpectedEnds(): string[] {
    return this.nodes
      .filter(({ end }) => end !== undefined && end.signal !== 'SIGKILL')
      .map(({ stderr }) => stderr.slice(-2000))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.nodes, this.proxy].map((program) => program.kill()))
    await this.apple.stop()
  }
}

/** The variables of every node; the same for all, as they would be in life. */
function nodeEnvironment(appleUrl: string, siteUrl: string, databaseUrl: string): NodeJS.ProcessEnv {
  const instance = (prefix: string, service: string, name: string): NodeJS.ProcessEnv => ({
    [`${prefix}SERVICE`]: service,
    [`${prefix}CLIENT_ID`]: `com.example.${name}`,
    [`${prefix}TEAM_ID`]: 'TEAM123456',
    [`${prefix}KEY_ID`]: 'KEY1234567',
    [`${prefix}PRIVATE_KEY`]: p8,
    [`${prefix}REDIRECT_URI`]: `${siteUrl}/auth/${name}/callback`,
    [`${prefix}BASE_URL`]: appleUrl,
    [`${prefix}ROSTER_BASE_URL`]: appleUrl,
    [`${prefix}STORE_URL`]: databaseUrl,
  })
  return {
    SESSION_STORE_URL: databaseUrl,
    ...instance('APPLE_', 'sign-in-with-apple', 'apple'),
    ...instance('APPLE_SCHOOL_', 'account-data-sharing', 'school'),
  }
}
