import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppleConfigError } from 'express-apple-auth'
import { type AppleSimulator, createAppleSimulator } from 'express-apple-auth/simulator'
import { createApp, SettingError } from './app.js'

start().catch((error: unknown) => {
  const isMistake = error instanceof AppleConfigError || error instanceof SettingError
  console.error(isMistake ? error.message : error)
  process.exit(1)
})

async function start(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile()
  process.env.APPLE_SERVICE ||= 'sign-in-with-apple'

  // Listening comes first, because the redirect URI needs the port.
  const server = createServer()
  const url = await listen(server)
  const simulator = process.env.APPLE_CLIENT_ID ? undefined : await startSimulator(url)
  server.on('request', createApp())
  closeOnSignal(server, simulator)
  greet(url, simulator)
}

async function listen(server: Server): Promise<string> {
  const port = readPort('PORT', 3000)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, 'localhost', resolve)
    })
  } catch (error) {
    throw explainPort('PORT', port, error)
  }
  return `http://localhost:${String((server.address() as AddressInfo).port)}`
}

/** Starts the simulator, registers this app with it and sets the variables that lead `appleAuth()` there. */
async function startSimulator(url: string): Promise<AppleSimulator> {
  const service = process.env.APPLE_SERVICE
  if (service !== 'sign-in-with-apple' && service !== 'account-data-sharing') {
    throw new SettingError('APPLE_SERVICE must be sign-in-with-apple or account-data-sharing.')
  }
  if (process.env.NODE_ENV === 'production') {
    throw new SettingError('APPLE_CLIENT_ID is missing, and the simulator does not run with NODE_ENV=production.')
  }
  const simulator = createAppleSimulator()
  const client = simulator.createClient({ service, redirectUris: [`${url}/auth/apple/callback`] })
  const port = readPort('SIMULATOR_PORT', 3001)
  try {
    // To a browser 127.0.0.1 and localhost are different sites, as Apple's and yours are.
    await simulator.listen({ port, host: '127.0.0.1' })
  } catch (error) {
    throw explainPort('SIMULATOR_PORT', port, error)
  }
  // Empty is absent: of the three ways to give a key, the simulator's is the one that counts.
  Object.assign(process.env, { APPLE_PRIVATE_KEY_FILE: '', APPLE_CLIENT_SECRET: '' }, client.environment)
  process.env.SESSION_SECRET ||= randomBytes(32).toString('base64url')
  return simulator
}

function readPort(variable: string, fallback: number): number {
  const text = process.env[variable] ?? ''
  if (text === '') return fallback
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65535) return port
  throw new SettingError(`${variable} must be a whole number from 0 (any free port) to 65535.`)
}

/** Says which variable to set when a port cannot be had; any other error stays what it is. */
function explainPort(variable: string, port: number, error: unknown): unknown {
  const { code, cause } = error as NodeJS.ErrnoException
  const reason = code ?? (cause as NodeJS.ErrnoException | undefined)?.code
  if (reason !== 'EADDRINUSE' && reason !== 'EACCES') return error
  const what = reason === 'EACCES' ? 'may not be used' : 'is already in use'
  return new SettingError(`Port ${String(port)} ${what}: set ${variable} to another one, such as ${variable}=3100.`)
}

function closeOnSignal(server: Server, simulator: AppleSimulator | undefined): void {
  const close = (): void => {
    server.close()
    server.closeAllConnections()
    void simulator?.close()
  }
  process.on('SIGINT', close).on('SIGTERM', close)
}

function greet(url: string, simulator: AppleSimulator | undefined): void {
  if (simulator !== undefined) {
    console.log(`
Open ${url} in a browser.

APPLE_CLIENT_ID is not set, so Apple is simulated at ${simulator.url}: you need no Apple Account.
Ctrl-C stops both.
`)
    return
  }
  const publicUrl = new URL(process.env.APPLE_REDIRECT_URI ?? url).origin
  const advice = publicUrl.startsWith('https:')
    ? `
Apple sends people back to that domain only, so a proxy there has to speak https and pass requests on to this app.
${process.env.TRUST_PROXY ? '' : 'Set TRUST_PROXY=1 then, so that the app knows that they came by https.\n'}`
    : ''
  console.log(`
Open ${publicUrl} in a browser.

The app listens on ${url} and talks to ${process.env.APPLE_BASE_URL || 'Apple'}.${advice}
Ctrl-C stops it.
`)
}
