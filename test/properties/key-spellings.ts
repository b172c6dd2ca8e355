import fc from 'fast-check'
import { goodFile, strangeFile } from './private-keys.js'

/** Private keys as people paste them: in every spelling that the README promises to read, and spoilt. */

/** A key as text. */
export interface SpelledKey {
  readonly text: string
  /** What its PEM holds, in one line: never to be shown. */
  readonly body: string
}

const lineEnd = fc.constantFrom('\n', '\r\n', '\r', '\\n', '\\r\\n', '\\n\n', '\n\n', '\n    ', '\t\n', ' ', '')
const width = fc.constantFrom(64, 64, 76, 20, 10_000)
const space = fc.constantFrom('', '', ' ', '\n', '\r\n', '\n\n\t ', '\ufeff')

function inLines(text: string, lineWidth: number): string[] {
  return text.match(new RegExp(`.{1,${String(lineWidth)}}`, 'g')) ?? []
}

function pem(body: string, lineWidth: number, end: string): string {
  return ['-----BEGIN PRIVATE KEY-----', ...inLines(body, lineWidth), '-----END PRIVATE KEY-----', ''].join(end)
}

function encode(bytes: Buffer, isUrlSafe: boolean, isPadded: boolean): string {
  const text = bytes.toString('base64')
  const padded = isUrlSafe ? text.replaceAll('+', '-').replaceAll('/', '_') : text
  return isPadded ? padded : padded.replace(/=+$/, '')
}

const spelling = fc.record({
  shape: fc.constantFrom('PEM', 'base64 of the PEM', 'bare body'),
  lineEnd,
  lineEndInside: fc.constantFrom('\n', '\r\n'),
  width,
  isUrlSafe: fc.boolean(),
  isPadded: fc.boolean(),
  quote: fc.constantFrom('', '"', "'"),
  spaces: fc.tuple(space, space, space, space),
})

function spelled(file: fc.Arbitrary<Buffer>): fc.Arbitrary<SpelledKey> {
  return fc.tuple(file, spelling).map(([bytes, how]) => {
    const body = bytes.toString('base64')
    const [outside, inside, insideEnd, outsideEnd] = how.spaces
    const wrapped = (text: Buffer): string =>
      inLines(encode(text, how.isUrlSafe, how.isPadded), how.width).join(how.lineEnd)
    const texts = {
      PEM: () => pem(body, how.width, how.lineEnd),
      'base64 of the PEM': () => wrapped(Buffer.from(pem(body, 64, how.lineEndInside))),
      'bare body': () => wrapped(bytes),
    }
    return { body, text: outside + how.quote + inside + texts[how.shape]() + insideEnd + how.quote + outsideEnd }
  })
}

/** A good key in one of its spellings. */
export const goodKey: fc.Arbitrary<SpelledKey> = spelled(goodFile)

/** A strange one in one of its spellings. */
export const strangeKey: fc.Arbitrary<SpelledKey> = spelled(strangeFile)

const spoiler = fc.oneof(
  fc.constantFrom('', '\\', '\\n', '"', "'", '-', '=', ' ', '\0', '\n', 'A', 'AAAA', '\ufeff', 'EC ', 'ENCRYPTED', ':'),
  fc.constantFrom('-----BEGIN', '-----END', '-----BEGIN PUBLIC KEY-----', '-----END PRIVATE KEY-----', 'Proc-Type: 4'),
  fc.string({ unit: 'binary', maxLength: 5 }),
)
const edit = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(fc.nat(400), fc.oneof(fc.nat(2), fc.nat(400)), spoiler).map(
      ([at, gone, put]) =>
        (text: string) =>
          text.slice(0, at) + put + text.slice(at + gone),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      (text: string) => text + text,
      (text: string) => text.toLowerCase(),
      (text: string) => Array.from(text).reverse().join(''),
    ),
  },
)

/** A key that was good before somebody changed its text one to four times. */
export const spoiltKey: fc.Arbitrary<SpelledKey> = fc
  .tuple(goodKey, fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([{ text, body }, edits]) => ({ body, text: edits.reduce((changed, apply) => apply(changed), text) }))
