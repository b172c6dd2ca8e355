import fc from 'fast-check'
import { hostileText } from './hostile-text.js'

/**
 * Authorization responses as they might arrive at the callback: most of them one or two changes away from a good one.
 */

/** What only the running test knows: this login's state and code, another browser's, and who Apple is. */
export interface Truth {
  readonly state: string
  readonly code: string
  readonly otherState: string
  readonly otherCode: string
  readonly issuer: string
}

/** A text, or one that the running test fills in, perhaps spoilt. */
export type Value = string | { readonly is: keyof Truth; readonly spoilt?: 'cut' | 'upper' | 'spaced' | 'doubled' }
type Field = readonly [name: string, value: Value]
/** How texts become bytes: as usual, every byte as %XX, or as little as possible. */
type Encoding = 'usual' | 'all' | 'least'

/** A generated answer. */
export interface GeneratedAnswer {
  readonly fields: readonly Field[]
  readonly encoding: Encoding
  readonly contentType: { readonly text: string | undefined; readonly isForm: boolean }
  /** What the browser says of where it comes from. */
  readonly headers: Readonly<Record<string, string>>
}

const value: fc.Arbitrary<Value> = fc.oneof(
  hostileText,
  fc.record(
    {
      is: fc.constantFrom<keyof Truth>('state', 'code', 'otherState', 'otherCode', 'issuer'),
      spoilt: fc.constantFrom('cut', 'upper', 'spaced', 'doubled'),
    },
    { requiredKeys: ['is'] },
  ),
)

const knownName = fc.constantFrom('state', 'code', 'error', 'iss', 'user', 'relayed', 'id_token', 'error_description')
const nested = fc.tuple(knownName, fc.constantFrom('[]', '[x]', '[', ']', '.x', ' ')).map(([known, end]) => known + end)
const name = fc.oneof(
  { weight: 4, arbitrary: knownName },
  { weight: 4, arbitrary: nested },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', '[state]', '[]', 'STATE', '') },
  { weight: 1, arbitrary: hostileText },
)

type Change = (fields: readonly Field[]) => readonly Field[]

const at = fc.nat(2)
/** With the other fields it makes a body of 64 KiB, more or less. */
const aboutTheLimit = fc.integer({ min: 65_300, max: 65_500 })
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(at, fc.tuple(name, value)).map(
      ([place, field]): Change =>
        (fields) =>
          fields.toSpliced(place, 0, field),
    ),
  },
  {
    weight: 1,
    arbitrary: at.map(
      (place): Change =>
        (fields) =>
          fields.toSpliced(place, 1),
    ),
  },
  { weight: 1, arbitrary: aboutTheLimit.map((long): Change => (fields) => [...fields, ['user', 'x'.repeat(long)]]) },
  { weight: 1, arbitrary: at.map((place): Change => (fields) => [...fields, ...fields.slice(place, place + 1)]) },
  { weight: 1, arbitrary: fc.constant<Change>((fields) => fields.toReversed()) },
  { weight: 2, arbitrary: fc.tuple(at, value).map(([place, its]) => replaced(place, ([known]) => [known, its])) },
  { weight: 2, arbitrary: fc.tuple(at, name).map(([place, other]) => replaced(place, ([, its]) => [other, its])) },
)

function replaced(place: number, replace: (field: Field) => Field): Change {
  return (fields) => fields.map((field, index) => (index === place ? replace(field) : field))
}

const good: readonly Field[] = [
  ['state', { is: 'state' }],
  ['code', { is: 'code' }],
]

const form = 'application/x-www-form-urlencoded'
const contentType = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(form, `${form};charset=UTF-8`, `${form.toUpperCase()} ; charset="utf-8"`, `${form}; x=y`)
      .map((text) => ({ text, isForm: true })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(undefined, '', 'application/json', 'text/plain', 'multipart/form-data; boundary=x', `${form}x`)
      .map((text) => ({ text, isForm: false })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('utf-16', 'latin1', 'iso-8859-1', 'utf-7', 'x-user-defined', '')
      .map((charset) => ({ text: `${form};charset=${charset}`, isForm: false })),
  },
)

const headers = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ 'sec-fetch-site': 'same-origin' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>>(
      {},
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin: 'https://appleid.apple.com' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
      { origin: 'not a URL' },
    ),
  },
)

/** An answer of Apple's, changed up to three times. */
export const generatedAnswer: fc.Arbitrary<GeneratedAnswer> = fc.record({
  fields: fc.array(change, { maxLength: 3 }).map((changes) => changes.reduce((fields, apply) => apply(fields), good)),
  encoding: fc.constantFrom<Encoding>('usual', 'usual', 'all', 'least'),
  contentType,
  headers,
})
