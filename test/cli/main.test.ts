import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { describeWhere } from '../support/describe-where.js'
import { goodEnvironment } from './good-environment.js'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const { PATH = '' } = process.env
let folder: string
let program: string

// As npm does: a link in node_modules/.bin to the file itself.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'main-'))
  program = join(folder, 'express-apple-auth')
  symlinkSync(resolve('src/cli/main.ts'), program)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const tsx = (): string[] => ['--import', resolve('node_modules/tsx/dist/loader.mjs'), program]

/** Runs the program to its end. */
function start(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    const child: ChildProcess = execFile(
      process.execPath,
      [...tsx(), ...argv],
      { env: { PATH, ...env } },
      (_error, out, err) => {
        done({ code: child.exitCode ?? -1, out, err })
      },
    )
  })
}

describe('the program, started through a link', () => {
  it('finds its version', async () => {
    expect(await start(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  it('hands on the exit code and writes no colours to a pipe', async () => {
    const { code, out } = await start(['doctor'], { ...goodEnvironment, APPLE_KEY_ID: 'K', FORCE_COLOR: '1' })

    expect(code).toBe(1)
    expect(out).toMatch(/^problem {2}key-id/m)
    expect(out).not.toContain('\u001b[')
  })

  it('bears a pipe that is closed early', () => {
    const command = `"${process.execPath}" ${tsx()
      .map((part) => `"${part}"`)
      .join(' ')} doctor | head -1`
    const out = execFileSync('sh', ['-c', `${command} 2>&1`], { env: { PATH, ...goodEnvironment }, encoding: 'utf8' })

    expect(out).toBe('Sign in with Apple for com.example.web, by the variables that begin with APPLE_\n')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('runs the simulator until %s', async (signal) => {
    const child = spawn(process.execPath, [...tsx(), 'simulator', '--port', '0'], { env: { PATH } })
    const ended = new Promise((done) =>
      child.once('exit', (code) => {
        done(code)
      }),
    )
    await new Promise((ready) => child.stderr.once('data', ready))
    child.kill(signal)

    expect(await ended).toBe(0)
  })
})

const hasScript = (() => {
  try {
    execFileSync('script', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describeWhere(hasScript, 'script is not installed: apt-get install bsdutils.', 'the program on a terminal', () => {
  const onTerminal = (env: Readonly<Record<string, string>>): string => {
    const command = [process.execPath, ...tsx(), 'doctor'].map((part) => `'${part}'`).join(' ')
    return execFileSync('script', ['-qc', command, '/dev/null'], {
      env: { PATH, TERM: 'xterm', SHELL: '/bin/sh', ...env },
      encoding: 'utf8',
    })
  }

  it('writes colours', () => {
    expect(onTerminal(goodEnvironment)).toContain('\u001b[32mok\u001b[39m')
  })

  it('writes none with NO_COLOR', () => {
    expect(onTerminal({ ...goodEnvironment, NO_COLOR: '1' })).not.toContain('\u001b[')
  })
})
