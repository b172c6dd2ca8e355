import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A TypeScript program as a process of its own that tells its port when it is ready. */
export class Program {
  /** What it wrote to stderr, the last of it. */
  stderr = ''
  /** How it ended; undefined while it runs. */
  end: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined
  #port = 0

  private constructor(readonly process: ChildProcess) {
    process.stderr?.on('data', (chunk: Buffer) => (this.stderr = `${this.stderr}${chunk.toString()}`.slice(-20_000)))
    process.once('exit', (code, signal) => (this.end = { code, signal }))
  }

  /** Starts a program of this folder, with nothing of this process's environment but the search path. */
  static async start(name: string, environment: NodeJS.ProcessEnv = {}): Promise<Program> {
    const program = new Program(
      fork(join(__dirname, name), [], {
        // Node itself runs it, so that a signal reaches the program and not a process in between.
        execArgv: ['--import', 'tsx'],
        env: { PATH: process.env.PATH, ...environment },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      }),
    )
    program.#port = await new Promise<number>((resolve, reject) => {
      program.process.once('message', ({ port }: { port: number }) => {
        resolve(port)
      })
      program.process.once('exit', () => {
        reject(new Error(`${name} did not start:\n${program.stderr}`))
      })
    })
    return program
  }

  get port(): number {
    return this.#port
  }

  /** Ends it on the spot and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.end !== undefined) return
    const exit = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await exit
  }
}
