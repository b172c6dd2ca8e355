import type { Request, Response } from 'express'
import { AppleNativeLoginError } from '../errors.js'
import { isJsonObject, parseStrictJsonObject } from '../json-object.js'
import { createReadBody } from './request-body.js'

/** What a native app posts: what Apple gave it, and its nonce. Nothing in it is trusted. */
export interface NativeLogin {
  readonly identityToken: string
  /** Undefined for an app that only wants to tell who it is; then there are no tokens. */
  readonly authorizationCode: string | undefined
  /** Where the code came by Apple's page in a browser, as on Android: the redirect URI that the page was opened with. */
  readonly redirectUri: string | undefined
  /** As the app made it, or its SHA-256 in hex. */
  readonly nonce: string | undefined
  /** The name as JSON, as a browser would post it. */
  readonly user: string | undefined
}

const readBody = createReadBody({
  type: 'application/json',
  name: 'native login',
  createError: (message, options) => new AppleNativeLoginError(message, options),
})

/**
 * Reads what a native app posts; members that are not known are left alone.
 *
 * @throws AppleNativeLoginError for another content type, a body over 64 KiB, a member twice, or one that is no text
 */
export async function readNativeLogin(req: Request, res: Response): Promise<NativeLogin> {
  const body = await readBody(req, res)
  const members = typeof body === 'string' ? parseStrictJsonObject(body) : body
  if (!isJsonObject(members)) throw new AppleNativeLoginError('The native login is no JSON object.')
  const identityToken = text(members, 'identityToken')
  if (identityToken === undefined) {
    throw new AppleNativeLoginError(
      'The native login has no identityToken: the app posts {"identityToken":"…","authorizationCode":"…","nonce":"…"}.',
    )
  }
  return {
    identityToken,
    authorizationCode: text(members, 'authorizationCode'),
    redirectUri: text(members, 'redirectUri'),
    nonce: text(members, 'nonce'),
    user: userField(member(members, 'user')),
  }
}

function member(members: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}

/** A text that is there and not empty; `null` is absent, as apps write what they do not have. */
function text(members: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = member(members, name) ?? undefined
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string') return value
  throw new AppleNativeLoginError(`The native login's ${name} is no text: post Apple's Data as a UTF-8 string.`)
}

/** Some libraries for apps call the person's id `user`; that is no JSON, and no name is read from it. */
function userField(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  try {
    return isJsonObject(value) ? JSON.stringify(value) : undefined
  } catch {
    // Nested thousands of times: no name, and the login goes on.
    return undefined
  }
}
