import fc from 'fast-check'

/** What somebody might ask /login to return to: plain paths, and many a way to lead elsewhere. */

const word = fc.stringMatching(/^[\w~-]{1,8}$/)
const pair = fc.tuple(word, word).map(([name, value]) => `${name}=${value}`)

/** A path like any page’s, with or without a query and a fragment: nothing in it needs mending. */
export const plainPath = fc
  .tuple(
    fc.array(word, { maxLength: 4 }),
    fc.array(pair, { maxLength: 3 }),
    fc.option(word, { nil: undefined }),
    fc.boolean(),
  )
  .map(([segments, pairs, fragment, endsInSlash]) => {
    const path = `/${segments.join('/')}${endsInSlash && segments.length > 0 ? '/' : ''}`
    const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`
    return `${path}${query}${fragment === undefined ? '' : `#${fragment}`}`
  })

const anyOf = (words: string): fc.Arbitrary<string> => fc.constantFrom(...words.split(' '))
const separator = anyOf('/ / // \\ %2f %2F %5c ／ ⁄ ∕ ＼')
const dots = anyOf('. .. ... %2e %2E%2e .%2e 。 ．')
const invisible = fc.constantFrom(' ', '\t', '\n', '\r', '\0', '\x7f', '\x85', '\u00ad', '\u200b', '\u2028', '\ufeff')
const elsewhere = anyOf(
  'evil.example https: http: javascript:alert(1) data:text/html,x user@ :80 127.0.0.1 [::1] localhost',
)
const own = anyOf('auth apple login logout callback LOGIN log%69n Callback private')
const mark = anyOf('? # & = ; % %zz %00 %0d%0a + @ : * | " < >')
const piece = fc.oneof(
  { weight: 4, arbitrary: separator },
  { weight: 2, arbitrary: dots },
  { weight: 1, arbitrary: invisible },
  { weight: 2, arbitrary: elsewhere },
  { weight: 3, arbitrary: own },
  { weight: 1, arbitrary: mark },
  { weight: 1, arbitrary: word },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
)

const made = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''))
/** The beginning of another origin, hidden behind what a resolver takes away. */
const hidden = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: anyOf('./ ../ %2e/ .%2E/ / //') },
        { weight: 1, arbitrary: fc.oneof(dots, separator, invisible) },
      ),
      { maxLength: 4 },
    ),
    fc.oneof(elsewhere, made),
  )
  .map(([before, after]) => `/${before.join('')}${after}`)
const ownRoute = fc
  .tuple(
    anyOf('/ /x/../ /./ //../ /private/%2e%2e/'),
    anyOf('login logout callback LogIn CALLBACK'),
    fc.oneof(anyOf('/ // ?x #x ; %20 /. /x/.. /../login %2f'), fc.constant(''), made),
  )
  .map(([before, route, after]) => `${before}auth/apple/${route}${after}`)
const spoiltPlain = fc
  .tuple(plainPath, piece, fc.nat(40))
  .map(([path, spoiler, at]) => `${path.slice(0, at)}${spoiler}${path.slice(at)}`)

/** Anything at all, most of it close to a path that somebody would take. */
export const anyPath: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: made.map((rest) => `/${rest}`) },
  { weight: 2, arbitrary: made },
  { weight: 3, arbitrary: hidden },
  { weight: 3, arbitrary: ownRoute },
  { weight: 3, arbitrary: spoiltPlain },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.tuple(plainPath, fc.nat(3000)).map(([path, length]) => path + 'x'.repeat(length)) },
)
