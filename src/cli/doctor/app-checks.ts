import { type Check, ok, problem, skipped, warning } from './check.js'
import type { Patient } from './patient.js'

/** The shortest session secret that nobody guesses, in characters. */
const shortestSecret = 32

/** What the environment tells of the app around the router: its sessions, its proxy, and what outlives a process. */
export function checkApp(patient: Patient, isLive: boolean): Check[] {
  const { variables } = patient.environment
  const isProduction = variables.NODE_ENV === 'production'
  return [
    checkSessionSecret(variables.SESSION_SECRET, isProduction),
    checkProxy(patient, isLive),
    checkStore(patient, isProduction),
    checkTokenEncryption(patient, isProduction),
  ]
}

function checkSessionSecret(secret: string | undefined, isProduction: boolean): Check {
  const advice = 'Make one with: openssl rand -base64 32'
  if (!secret?.trim()) {
    return warning(
      'session-secret',
      'SESSION_SECRET is not set: unless the app has it from somewhere else, every request will answer 500.',
      advice,
    )
  }
  if (secret.trim().length < shortestSecret) {
    const message = `SESSION_SECRET has ${String(secret.trim().length)} characters; whoever guesses it can be anybody in the app.`
    return isProduction ? problem('session-secret', message, advice) : warning('session-secret', message, advice)
  }
  return ok('session-secret', 'SESSION_SECRET is set and long enough.')
}

function checkProxy({ environment, raw }: Patient, isLive: boolean): Check {
  const redirectUri = raw('redirectUri')
  if (redirectUri === undefined) return skipped('proxy', 'There is no redirect URI yet.')
  if (!redirectUri.startsWith('https:')) {
    return skipped('proxy', 'The redirect URI is not https, so no proxy has to be known.')
  }
  if (environment.variables.TRUST_PROXY?.trim()) {
    return ok('proxy', "TRUST_PROXY is set; the app has to hand it on: app.set('trust proxy', …).")
  }
  const where = isLive ? 'app-login tells what its /login does' : '--live asks its /login'
  return skipped(
    'proxy',
    `Whether the app knows of a proxy that speaks https for it, app.set('trust proxy', 1), is not in the environment; ${where}.`,
  )
}

function checkStore({ raw, variable, config }: Patient, isProduction: boolean): Check {
  const name = variable('store')
  if (raw('store') !== undefined) return ok('store', `${name} is set.`)
  const kept = config?.rules.hasRoster === false ? 'ended logins' : 'connected schools, ended logins'
  if (isProduction) {
    return warning(
      'store',
      `${name} is not set: unless the app gives a store in its code, ${kept} and revocations that Apple has not taken end with ` +
        'the process, and other processes do not see them.',
      `Set ${name} to a redis: or postgres: URL.`,
    )
  }
  return skipped('store', `${name} is not set, which will do until NODE_ENV is production.`)
}

function checkTokenEncryption({ raw, variable }: Patient, isProduction: boolean): Check {
  const name = variable('tokenEncryptionKeys')
  if (raw('tokenEncryptionKeys') !== undefined) return ok('token-encryption', `${name} is set.`)
  if (isProduction) {
    return warning(
      'token-encryption',
      `${name} is not set: unless the app gives keys in its code, whoever can read the session store can read Apple's tokens.`,
      'Make a key with: openssl rand 32 | basenc --base64url',
    )
  }
  return skipped('token-encryption', `${name} is not set, which will do until NODE_ENV is production.`)
}
