import { existsSync } from 'node:fs'
import { jest } from '@jest/globals'
import { type Browser, chromium } from 'playwright-core'
import { describeWhere } from './describe-where.js'

const candidates = process.env.CHROMIUM_PATH
  ? [process.env.CHROMIUM_PATH]
  : ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = candidates.find((path) => existsSync(path))
const advice = 'Chromium is not installed: apt-get install chromium, or set CHROMIUM_PATH to where it is.'

/** Starts a headless Chromium that talks to nobody but the tests; `blocksPopups` as a person's does. */
export function launchChromium({ blocksPopups = false } = {}): Promise<Browser> {
  if (executablePath === undefined) throw new Error('Chromium is not installed.')
  return chromium.launch({
    executablePath,
    ignoreDefaultArgs: blocksPopups ? ['--disable-popup-blocking'] : [],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** `describe` for tests that need Chromium: skipped with a word where it is missing, failed where `CI=true`. */
export function describeInChromium(name: string, tests: () => void): void {
  // A browser on a busy machine takes its time.
  if (executablePath !== undefined) jest.setTimeout(60_000)
  describeWhere(executablePath !== undefined, advice, name, tests)
}
