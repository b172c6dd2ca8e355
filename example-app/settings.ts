import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'

/** A variable is missing or wrong; the message alone is what the operator needs. */
export class SettingError extends Error {}

/**
 * The value of a variable that the app cannot do without.
 *
 * @throws SettingError
 */
export function requireSetting(variable: string, meaning: string): string {
  const value = process.env[variable]
  if (!value) throw new SettingError(`${variable} is missing: set it to ${meaning}.`)
  return value
}

/**
 * The whole number from 0 to `largest` in a variable; `fallback` where it is not set.
 *
 * @throws SettingError
 */
export function readWholeNumber(variable: string, fallback: number, largest: number): number {
  const text = process.env[variable] ?? ''
  if (text === '') return fallback
  const number = Number(text)
  if (/^\d+$/.test(text) && number <= largest) return number
  throw new SettingError(`${variable} must be a whole number from 0 to ${String(largest)}.`)
}

/**
 * The folder for all that has to survive a restart, open to its owner alone: `DATA_DIR`, by default `example-app/.data`.
 *
 * @throws SettingError when it cannot be made
 */
export function dataFolder(...below: string[]): string {
  const folder = resolve(process.env.DATA_DIR || 'example-app/.data', ...below)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new SettingError(`The folder ${folder} cannot be made (${String(code)}): set DATA_DIR to one that can.`)
  }
}
