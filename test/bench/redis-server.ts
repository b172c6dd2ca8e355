import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Redis server of the benchmark's own, which keeps nothing on disk. */
export interface OwnRedis {
  readonly url: string
  stop(): Promise<void>
}

/** Starts one behind a socket in a temporary folder; undefined where redis-server is not installed. */
export async function startRedis(): Promise<OwnRedis | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-redis-'))
  const port = String(20_000 + (process.pid % 20_000))
  const flags = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  const started = await new Promise<boolean>((resolve) => {
    server.once('error', () => {
      resolve(false)
    })
    server.once('exit', () => {
      resolve(false)
    })
    server.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('eady to accept connections')) resolve(true)
    })
  })
  const tidy = (): Promise<void> => rm(folder, { recursive: true, force: true })
  if (!started) {
    await tidy()
    return undefined
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const ended = once(server, 'exit')
      server.kill()
      await ended
      await tidy()
    },
  }
}
