import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { onServerCore } from './cores.js'
import type { Orders, Ready, Usage } from './servers/serve.js'

const folder = resolve('test/bench')
const built = resolve(folder, 'built')

/** Compiles the servers, so that no loader runs beside them; they load the package from `dist`, as it is shipped. */
export async function buildServers(): Promise<void> {
  const programs = ['servers', 'peers'].flatMap((room) =>
    readdirSync(resolve(folder, room)).map((file) => resolve(folder, room, file)),
  )
  await build({
    entryPoints: programs,
    outdir: built,
    outbase: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    plugins: [
      {
        name: 'the package as it is shipped',
        setup(building) {
          building.onResolve({ filter: /^express-apple-auth$/ }, () => ({
            path: resolve('dist/index.js'),
            external: true,
          }))
        },
      },
    ],
  })
}

/** A server in a process of its own on the servers' core. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly origin: string,
  ) {}

  /** @throws Error when it ends before it listens */
  static async start(program: string, orders: Orders): Promise<ServerProcess> {
    const [command, ...args] = onServerCore([resolve(built, `${program}.js`), JSON.stringify(orders)])
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, NODE_ENV: 'production', NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const { origin } = (await answerOf(child, program)) as Ready
    return new ServerProcess(child, origin)
  }

  /** The process's CPU time since its start, in microseconds. */
  async cpuMicroseconds(): Promise<number> {
    this.child.send('usage')
    return ((await answerOf(this.child, this.origin)) as Usage).cpuMicroseconds
  }

  async stop(): Promise<void> {
    if (!this.child.connected) return
    const ended = once(this.child, 'exit')
    this.child.disconnect()
    await ended
  }
}

function answerOf(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void => {
      reject(new Error(`The server ${name} ended with ${String(code)} before it answered.`))
    }
    child.once('exit', exited)
    child.once('message', (message) => {
      child.off('exit', exited)
      resolve(message)
    })
  })
}
