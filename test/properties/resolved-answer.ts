import type { GeneratedAnswer, Truth, Value } from './callback-answers.js'
import type { WireRequest } from './wire-browser.js'

/** Where the app's callback is. */
export const callbackPath = '/auth/apple/callback'
/** The largest body taken, in bytes. */
const maxBytes = 64 * 1024

/** A generated answer once it is known what its values stand for. */
export interface ResolvedAnswer {
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The form, or the query. */
  readonly text: string
}

/** Fills in what only the running test knows. */
export function resolveAnswer({ fields, encoding }: GeneratedAnswer, truth: Truth): ResolvedAnswer {
  const resolved = fields.map(([name, value]) => [name, resolve(value, truth)] as const)
  const encode = encoders[encoding]
  return { fields: resolved, text: resolved.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&') }
}

/** The request that brings an answer by POST. */
export function posted({ contentType, headers }: GeneratedAnswer, { text }: ResolvedAnswer): WireRequest {
  const type = contentType.text === undefined ? {} : { 'content-type': contentType.text }
  return { method: 'POST', path: callbackPath, headers: { ...headers, ...type }, body: text }
}

/** The request that brings an answer by GET. */
export function got({ headers }: GeneratedAnswer, { text }: ResolvedAnswer): WireRequest {
  // What a form may hold and an address may not.
  const query = text.replace(/[^\x21-\x7e]/gu, encodeURIComponent)
  return { path: `${callbackPath}?${query}`, headers }
}

/** Is this an answer that signs the person in when it comes by GET? */
export function isGoodQuery({ fields }: ResolvedAnswer, truth: Truth): boolean {
  const names = fields.map(([name]) => name)
  const valueOf = (wanted: string): string | undefined => fields.find(([name]) => name === wanted)?.[1]
  const isPlain =
    new Set(names).size === names.length && !names.some((name) => name.includes('[') || name.includes(']'))
  const iss = valueOf('iss')
  return (
    isPlain &&
    valueOf('state') === truth.state &&
    valueOf('code') === truth.code &&
    valueOf('error') === undefined &&
    (iss === undefined || iss === truth.issuer)
  )
}

/** The same when it comes by POST, where our own relay page may have passed it on. */
export function isGoodForm(answer: GeneratedAnswer, resolved: ResolvedAnswer, truth: Truth): boolean {
  const relayed = resolved.fields.find(([name]) => name === 'relayed')?.[1]
  return (
    answer.contentType.isForm &&
    Buffer.byteLength(resolved.text) <= maxBytes &&
    (relayed === undefined || (relayed === 'POST' && !comesFromElsewhere(answer))) &&
    isGoodQuery(resolved, truth)
  )
}

/** Does the browser say that it comes from another site? */
function comesFromElsewhere({ headers }: GeneratedAnswer): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined) return headers.origin !== undefined
  return site !== 'same-origin' && site !== 'none'
}

function resolve(value: Value, truth: Truth): string {
  if (typeof value === 'string') return value
  const text = truth[value.is]
  return value.spoilt === undefined ? text : spoil[value.spoilt](text)
}

const spoil: Readonly<Record<NonNullable<Exclude<Value, string>['spoilt']>, (text: string) => string>> = {
  cut: (text) => text.slice(0, -1),
  upper: (text) => text.toUpperCase(),
  spaced: (text) => `${text} `,
  doubled: (text) => text + text,
}

const encoders: Readonly<Record<GeneratedAnswer['encoding'], (text: string) => string>> = {
  usual: encodeURIComponent,
  all: (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
  least: (text) => text.replace(/[&=%+#]/g, encodeURIComponent),
}
