import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from 'node:child_process'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresServer, redisServer } from '../support/services.js'
import { openPostgres, openRedis } from './database.js'

/** Reads until this process ends or says so, then asks the server to stop: no server outlives its test. */
const guard = '"$@" & server=$!; cat >/dev/null; kill -"$SIGNAL" $server; wait $server'

/** How one kind of server is run. */
interface Recipe {
  readonly url: string
  readonly folder: string
  readonly command: readonly [string, ...string[]]
  /** Asks for an orderly end. */
  readonly signal: 'TERM' | 'INT'
  readonly account: Pick<SpawnOptions, 'uid' | 'gid'>
  readonly answers: () => Promise<boolean>
}

/** A database server on a free port with its data in a temporary folder: the test's own, to be stopped and started. */
export class OwnServer {
  #guard: ChildProcess | undefined
  #output = ''

  private constructor(private readonly recipe: Recipe) {}

  static async startRedis(): Promise<OwnServer> {
    if (redisServer === undefined) throw new Error('redis-server is not installed')
    const folder = await mkdtemp(join(tmpdir(), 'own-redis-'))
    const port = String(await freePort())
    const url = `redis://127.0.0.1:${port}`
    const flags = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', '']
    return OwnServer.#start({
      url,
      folder,
      command: [redisServer, ...flags],
      signal: 'TERM',
      account: {},
      answers: () => answers(() => openRedis(url)),
    })
  }

  static async startPostgres(): Promise<OwnServer> {
    if (postgresServer === undefined) throw new Error('postgres is not installed')
    const folder = await mkdtemp(join(tmpdir(), 'own-postgres-'))
    const account = await ownedByPostgres(folder)
    const data = join(folder, 'data')
    const port = String(await freePort())
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-locale']
    execFileSync(postgresServer.initdb, initdb, { ...account, cwd: folder, stdio: 'pipe' })
    const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`]
    return OwnServer.#start({
      url,
      folder,
      command: [postgresServer.postgres, '-D', data, '-p', port, ...settings],
      // Does not wait for clients to leave.
      signal: 'INT',
      account,
      answers: () => answers(() => openPostgres(url)),
    })
  }

  static async #start(recipe: Recipe): Promise<OwnServer> {
    const server = new OwnServer(recipe)
    await server.start()
    return server
  }

  get url(): string {
    return this.recipe.url
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const { folder, command, signal, account } = this.recipe
    this.#guard = spawn('sh', ['-c', guard, 'sh', ...command], {
      ...account,
      cwd: folder,
      env: { PATH: process.env.PATH, SIGNAL: signal },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    for (const stream of [this.#guard.stdout, this.#guard.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output = `${this.#output}${chunk.toString()}`.slice(-4000)))
    }
    for (let attempt = 0; attempt < 300; attempt++) {
      if (await this.recipe.answers()) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await this.remove()
    throw new Error(`${command[0]} does not answer:\n${this.#output}`)
  }

  /** Stops it and waits until it is gone; its data stay. */
  async stop(): Promise<void> {
    const guard = this.#guard
    if (guard === undefined) return
    this.#guard = undefined
    await new Promise<void>((resolve) => {
      guard.once('exit', () => {
        resolve()
      })
      guard.stdin?.end()
    })
  }

  /** Stops it for good. */
  async remove(): Promise<void> {
    await this.stop()
    await rm(this.recipe.folder, { recursive: true, force: true })
  }
}

/** PostgreSQL refuses to run as root: there it runs as the user that its package makes. */
async function ownedByPostgres(folder: string): Promise<Pick<SpawnOptions, 'uid' | 'gid'>> {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres']).toString()))
  if (uid === undefined || gid === undefined) return {}
  await chown(folder, uid, gid)
  return { uid, gid }
}

async function answers(open: () => Promise<{ close(): Promise<void> }>): Promise<boolean> {
  try {
    await (await open()).close()
    return true
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('no free port'))
      })
    })
  })
}
