import {
  appleAuth,
  type AppleAuthOptions,
  AppleConfigError,
  type AppleAuth,
  type ConfigProblem,
} from '../../src/index.js'
import { p8 } from '../support/test-app.js'

/** Values by option name, wrong ones included. */
export type Loose = AppleAuthOptions | Readonly<Record<string, unknown>>

const original = { ...process.env }

/** The least that works, for an app at school.example. */
export const good: AppleAuthOptions = {
  clientId: 'com.example.web',
  teamId: 'TEAM123456',
  keyId: 'KEY1234567',
  privateKey: p8,
  redirectUri: 'https://school.example/auth/apple/callback',
}

/** Makes these the only APPLE_* variables. */
export function setVariables(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('APPLE_')) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, variables)
}

/** Puts the environment back as it was when the test file began. */
export function restoreVariables(): void {
  setVariables({})
  Object.assign(process.env, original)
}

/** Calls `appleAuth()` with values of any type, under these variables alone. */
export function configure(options: Loose, variables: Readonly<Record<string, string>> = {}): AppleAuth {
  setVariables(variables)
  try {
    return appleAuth(options)
  } finally {
    restoreVariables()
  }
}

/** The error that options and variables provoke; fails where they are taken. */
export function refusal(options: Loose, variables: Readonly<Record<string, string>> = {}): AppleConfigError {
  try {
    configure(options, variables)
  } catch (error) {
    if (error instanceof AppleConfigError) return error
    throw error
  }
  throw new Error('the configuration was taken')
}

/** What is wrong with good options once these are laid over them. */
export function problemsOf(changes: Loose, variables: Readonly<Record<string, string>> = {}): readonly ConfigProblem[] {
  return refusal({ ...good, ...changes }, variables).problems
}
