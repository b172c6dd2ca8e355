import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppleConfigError } from 'express-apple-auth'
import type { AppleSimulator } from 'express-apple-auth/simulator'
import { createApp, type SchoolApp } from './app.js'
import { schoolPrefix, schoolVariable } from './apple.js'
import { readWholeNumber, SettingError } from './settings.js'
import { prepareSimulator } from './simulator.js'

/** How often the app looks whether a school is due, in milliseconds; each is read once a day. */
const nightlyEvery = 60 * 60 * 1000
/** 0 is any free one. */
const largestPort = 65_535

start().catch((error: unknown) => {
  const isMistake = error instanceof AppleConfigError || error instanceof SettingError
  console.error(isMistake ? error.message : error)
  process.exit(1)
})

async function start(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile()

  // Listening comes first, because the redirect URIs need the port.
  const server = createServer()
  const url = await listen(server)
  const simulator = process.env.APPLE_CLIENT_ID ? undefined : await startSimulator(url)
  const app = await createApp()
  server.on('request', app.handler)
  closeOnSignal({ server, app, simulator, nightly: startNightly(app) })
  greet(url, simulator)
}

async function listen(server: Server): Promise<string> {
  const port = readWholeNumber('PORT', 3000, largestPort)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, 'localhost', resolve)
    })
  } catch (error) {
    throw explainPort('PORT', port, error)
  }
  return `http://localhost:${String((server.address() as AddressInfo).port)}`
}

async function startSimulator(url: string): Promise<AppleSimulator> {
  const variable = schoolVariable()
  if (variable !== undefined) {
    throw new SettingError(
      `${variable} is set and APPLE_CLIENT_ID is not: set both to talk to Apple, or no ${schoolPrefix} one for the simulator.`,
    )
  }
  const { simulator, setVariables } = prepareSimulator(url)
  const port = readWholeNumber('SIMULATOR_PORT', 3001, largestPort)
  try {
    // To a browser 127.0.0.1 and localhost are different sites, as Apple's and yours are.
    await simulator.listen({ port, host: '127.0.0.1' })
  } catch (error) {
    throw explainPort('SIMULATOR_PORT', port, error)
  }
  setVariables()
  return simulator
}

/** Reads schools that are due. A timer will do where the app runs all the time; otherwise let cron call `syncAll()`. */
function startNightly(app: SchoolApp): NodeJS.Timeout {
  return setInterval(() => {
    app.syncAll().catch((error: unknown) => {
      console.error('The schools could not be read:', error)
    })
  }, nightlyEvery)
}

/** Says which variable to set when a port cannot be had; any other error stays what it is. */
function explainPort(variable: string, port: number, error: unknown): unknown {
  const { code, cause } = error as NodeJS.ErrnoException
  const reason = code ?? (cause as NodeJS.ErrnoException | undefined)?.code
  if (reason !== 'EADDRINUSE' && reason !== 'EACCES') return error
  const what = reason === 'EACCES' ? 'may not be used' : 'is already in use'
  return new SettingError(`Port ${String(port)} ${what}: set ${variable} to another one, such as ${variable}=3100.`)
}

/** What runs, and has to end. */
interface Running {
  readonly server: Server
  readonly app: SchoolApp
  readonly simulator: AppleSimulator | undefined
  readonly nightly: NodeJS.Timeout
}

function closeOnSignal({ server, app, simulator, nightly }: Running): void {
  const close = async (): Promise<void> => {
    clearInterval(nightly)
    server.close()
    server.closeAllConnections()
    await app.close()
    await simulator?.close()
  }
  let closing: Promise<void> | undefined
  const closeOnce = (): void => {
    closing ??= close().catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  }
  process.on('SIGINT', closeOnce).on('SIGTERM', closeOnce)
}

function greet(url: string, simulator: AppleSimulator | undefined): void {
  if (simulator !== undefined) {
    console.log(`
Open ${url} in a browser.

APPLE_CLIENT_ID is not set, so Apple is simulated at ${simulator.url}: you need no Apple Account.
Ctrl-C stops both; what you did is there again at the next start.
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
