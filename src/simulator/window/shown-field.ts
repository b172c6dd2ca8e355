import { createHmac, randomBytes } from 'node:crypto'
import { createTokenReader } from './token-parts.js'

/** What may be shown of a value that came over the wire. Nothing else of it is kept. */
export type Shown =
  | { readonly text: string }
  /** A secret: the same tag means the same secret. */
  | { readonly tag: string; readonly length: number }
  /** A signed token, decoded; its signature is left out. */
  | { readonly parts: readonly ShownField[] }

/** A parameter as it may be shown. */
export interface ShownField {
  readonly name: string
  readonly value: Shown
}

/** Turns what came over the wire into what may be shown. */
export interface Redaction {
  /** A parameter, by its name: a name that is not known to be harmless has a secret value. */
  readonly field: (name: string, value: unknown) => ShownField
  /** Words that may quote what somebody sent: all of them are a secret where one looks like it. */
  readonly words: (text: string) => string
  /** Six digits that tell secrets apart without telling them. */
  readonly tag: (secret: string) => string
  /** The whole digest behind the tag, for finding a secret again without keeping it. */
  readonly digest: (secret: string) => string
}

const longestText = 300
const longestName = 40

/** Parameters of requests and answers that give nothing away. */
const openNames = new Set([
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'grant_type', 'token_type_hint'],
  ...['code_challenge_method', 'limit', 'role', 'locale', 'error', 'error_description', 'token_type', 'expires_in'],
  ...['user', 'decision', 'hide_email', 'person', 'keys', 'body', 'sub', 'target', 'transfer_sub', 'team'],
  ...['email', 'is_private_email', 'm', 'v', 'frame_id', 'answer', 'attempt', 'about'],
])
const tokenNames = new Set(['client_secret', 'id_token', 'identityToken', 'payload'])

// The shapes of codes and tokens, of a JWT and of a private key: in the wrong field they stay secret.
const secretShape = /eyJ[\w-]{8,}|\b[car][0-9a-f]{32}\.|-----BEGIN|\b[\w-]{40,}\b/

/** Draws a key of its own, so that a tag says nothing to those who guess. */
export function createRedaction(): Redaction {
  const key = randomBytes(32)
  const digest = (secret: string) => createHmac('sha256', key).update(secret).digest('hex')
  const tag = (secret: string) => digest(secret).slice(0, 6)
  const hidden = (text: string): Shown => ({ tag: tag(text), length: text.length })
  const open = (text: string): Shown => (secretShape.test(text) ? hidden(text) : { text: clip(text) })
  const readToken = createTokenReader(open, hidden)

  return {
    field(name, value) {
      const text = textOf(value)
      if (tokenNames.has(name)) return { name, value: readToken(text) ?? hidden(text) }
      const isName = name.length <= longestName && /^[\w.-]+$/.test(name)
      return { name: isName ? name : '(another name)', value: openNames.has(name) ? open(text) : hidden(text) }
    },
    words: (text) => (secretShape.test(text) ? 'Something secret was sent in the wrong place.' : clip(text)),
    tag,
    digest,
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function clip(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}
