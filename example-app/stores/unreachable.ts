import { SettingError } from '../settings.js'

/** A server is not there: says which variable leads to it, and not its URL, which may hold a password. */
export function unreachable(variable: string, server: string, error: unknown): SettingError {
  const { code, message } = error as NodeJS.ErrnoException
  return new SettingError(`${variable}: no ${server} answers there (${code ?? message}). Start it, or correct the URL.`)
}
