import { appleAuth, type AppleAuth, type AppleAuthOptions } from 'express-apple-auth'
import type { Names } from './names.js'

/** The variables of the school connection begin so. */
export const schoolPrefix = 'APPLE_SCHOOL_'

/** The app's two ways to Apple. */
export interface Instances {
  /** Sign in with Apple, for teachers, students and everybody else: `req.apple`. */
  readonly apple: AppleAuth
  /** The school connection, for administrators: `school.from(req)`. Undefined where its variables are not set. */
  readonly school: AppleAuth | undefined
}

/**
 * Makes both instances from `APPLE_*` and `APPLE_SCHOOL_*`. They share a browser session and never each other's logins.
 *
 * @throws AppleConfigError for settings that cannot work
 */
export function createInstances(store: NonNullable<AppleAuthOptions['store']>, names: Names): Instances {
  const apple = appleAuth({
    service: 'sign-in-with-apple',
    cancelRedirect: '/?cancelled',
    store: process.env.APPLE_STORE_URL || store,
    // Apple hands the name over once, at the first login.
    async onLogin({ user, unverifiedName }) {
      if (user && unverifiedName) await names.keep(user.sub, unverifiedName)
    },
    // The package itself signs people out who take their consent back. A real app deletes the whole account here.
    async onNotification({ type, sub }) {
      if (type === 'account-deleted' && sub !== undefined) await names.forget(sub)
    },
  })
  // One variable is enough: the package then says which others are missing.
  return { apple, school: schoolVariable() === undefined ? undefined : createSchool(store) }
}

function createSchool(store: NonNullable<AppleAuthOptions['store']>): AppleAuth {
  const school = appleAuth({
    name: 'school',
    envPrefix: schoolPrefix,
    service: 'account-data-sharing',
    postLoginRedirect: '/school',
    postLogoutRedirect: '/school?signed-out',
    cancelRedirect: '/school?cancelled',
    // A logout that revokes would disconnect the school, and the nightly reading with it. There is a button for that.
    revokeOnLogout: false,
    store: process.env[`${schoolPrefix}STORE_URL`] || process.env.APPLE_STORE_URL || store,
    // Here a real app looks up whether `organization.id` is a customer of its own, and throws if it is not.
  })
  school.on('connection_broken', ({ organizationId, reason }) => {
    // A real app writes to the school's administrator now.
    console.error(
      `School ${organizationId} can no longer be read (${reason}): an administrator has to connect it again.`,
    )
  })
  return school
}

/** Where the script for the popup is: at the simulator, or at Apple. */
export function appleJsUrl(): string {
  const base = process.env.APPLE_BASE_URL || 'https://appleid.apple.com'
  const host = base === 'https://appleid.apple.com' ? 'https://appleid.cdn-apple.com' : base
  return `${host}/appleauth/static/jsapi/appleid/1/en_US/appleid.auth.js`
}

/** The name of a variable of the school connection that is set; undefined where none is. */
export function schoolVariable(): string | undefined {
  return Object.keys(process.env).find((name) => name.startsWith(schoolPrefix) && process.env[name])
}
