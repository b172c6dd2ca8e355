import { AppleCallbackError } from '../errors.js'
import { isJsonObject, parseStrictJsonObject } from '../json-object.js'

/**
 * What Apple JS hands to the page that opened its popup, as that page posts it.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/configuring-your-webpage-for-sign-in-with-apple
 */

/** Names by which JavaScript reaches what an object inherits. */
const inherited = ['__proto__', 'constructor', 'prototype']

/**
 * Reads `{ authorization: { code, id_token?, state }, user? }`, the same without `authorization` around it, or
 * `{ error, state }`. `user` is an object or its JSON, or null. Other members are left alone where they are texts.
 *
 * @throws AppleCallbackError for anything else
 */
export function readPopupResult(body: string | Readonly<Record<string, unknown>>): Map<string, string> {
  const members = typeof body === 'string' ? parseStrictJsonObject(body) : body
  if (!isJsonObject(members)) throw new AppleCallbackError("The popup's result is not one JSON object.")
  const { authorization, user, ...others } = members
  const fields = new Map<string, string>()
  for (const [name, value] of [...entriesOf(authorization), ...Object.entries(others)]) {
    if (fields.has(name)) throw new AppleCallbackError("The popup's result has a member twice.")
    if (typeof value !== 'string' || inherited.includes(name)) {
      throw new AppleCallbackError("The popup's result has a member that is no text.")
    }
    fields.set(name, value)
  }
  if (fields.has('error') && fields.has('code')) {
    throw new AppleCallbackError("The popup's result has both a code and an error.")
  }
  // What would stand in for `user` inside `authorization` comes from nobody.
  if (fields.has('user')) throw new AppleCallbackError("The popup's result has its user in the wrong place.")
  if (user !== undefined && user !== null) fields.set('user', writeUser(user))
  return fields
}

function entriesOf(authorization: unknown): [string, unknown][] {
  if (authorization === undefined) return []
  if (!isJsonObject(authorization)) throw new AppleCallbackError("The popup's result has no object as authorization.")
  return Object.entries(authorization)
}

/** The `user` field as it comes with a form: as JSON. */
function writeUser(user: unknown): string {
  if (typeof user === 'string') return user
  if (!isJsonObject(user)) throw new AppleCallbackError("The popup's result has a user that is no object.")
  try {
    return JSON.stringify(user)
  } catch (cause) {
    // Nested thousands of times.
    throw new AppleCallbackError("The popup's result has a user that cannot be read.", { cause })
  }
}
