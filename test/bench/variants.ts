/** One way to guard a route. */
export interface Variant {
  readonly name: string
  readonly title: string
  readonly group: 'ours' | 'baseline' | 'peer'
  /** The program in `servers` or `peers`. */
  readonly program: string
  readonly store: 'memory' | 'Redis' | 'cookie' | 'none'
  /** The form that the program is to take. */
  readonly tokens: string
  /** The same in words. */
  readonly holds: string
  /** How a browser is signed in: not at all, by the server's own /seed, at the loopback Apple by this path, or by a native app. */
  readonly signIn: 'none' | 'seed' | '/auth/apple/login' | '/login' | 'native'
  /** The route answers the same to everybody who may pass: it reads nothing of the login. */
  readonly readsNothing?: true
  /** The variant that it is held against, in the same round. */
  readonly reference?: string
}

const session = {
  title: 'express-session',
  group: 'baseline',
  program: 'servers/express-session',
  signIn: 'seed',
} as const
const ours = { title: 'express-apple-auth', group: 'ours', program: 'servers/express-apple-auth' } as const
const peer = { group: 'peer', reference: 'session-object-memory' } as const

function overStore(key: string, store: 'memory' | 'Redis'): Variant[] {
  const [id, object] = [`session-id-${key}`, `session-object-${key}`]
  const bySite = { ...ours, store, signIn: '/auth/apple/login', reference: object } as const
  return [
    { ...session, store, name: id, tokens: 'id', holds: 'an id' },
    { ...session, store, name: object, tokens: 'object', holds: 'person and tokens as objects' },
    { ...session, store, name: `session-packed-${key}`, tokens: 'packed', holds: 'the same packed into one text' },
    { ...bySite, name: `ours-${key}`, tokens: 'full', holds: 'all tokens; the route reads user' },
    { ...bySite, name: `ours-guard-${key}`, tokens: 'guard', holds: 'all tokens; the guard alone', readsNothing: true },
    {
      ...bySite,
      name: `ours-native-${key}`,
      tokens: 'full',
      holds: 'an id_token alone; the route reads user',
      signIn: 'native',
      // That object holds tokens, too.
      reference: id,
    },
  ]
}

/** All that is measured. */
export const variants: readonly Variant[] = [
  {
    name: 'express',
    title: 'Express',
    group: 'baseline',
    program: 'servers/express-alone',
    store: 'none',
    tokens: 'none',
    holds: 'no session, no guard',
    signIn: 'none',
    readsNothing: true,
  },
  ...overStore('memory', 'memory'),
  {
    ...ours,
    name: 'ours-unused',
    store: 'memory',
    tokens: 'unused',
    holds: "the app's id; attach() unused",
    signIn: 'seed',
    reference: 'session-id-memory',
  },
  ...overStore('redis', 'Redis'),
  ...(['cookie', 'memory'] as const).map((store) => ({
    ...peer,
    name: `express-openid-connect-${store}`,
    title: 'express-openid-connect',
    program: 'peers/express-openid-connect',
    store,
    tokens: 'full',
    holds: 'all tokens',
    signIn: '/login' as const,
  })),
  ...(['id', 'full'] as const).map((tokens) => ({
    ...peer,
    name: `passport-${tokens}`,
    title: 'Passport',
    program: 'peers/passport',
    store: 'memory' as const,
    tokens,
    holds: tokens === 'id' ? 'an id' : 'all tokens',
    signIn: 'seed' as const,
    reference: tokens === 'id' ? 'session-id-memory' : peer.reference,
  })),
  ...(['cookie-cache', 'no-cache'] as const).map((tokens) => ({
    ...peer,
    name: `better-auth-${tokens}`,
    title: 'better-auth',
    program: 'peers/better-auth',
    store: 'memory' as const,
    tokens,
    holds: tokens === 'no-cache' ? 'all tokens' : 'all tokens; with its cookie cache',
    signIn: 'seed' as const,
  })),
  ...(['id', 'full'] as const).map((tokens) => ({
    ...peer,
    name: `auth-express-${tokens}`,
    title: '@auth/express',
    program: 'peers/auth-express',
    store: 'cookie' as const,
    tokens,
    holds: tokens === 'id' ? 'an id' : 'all tokens',
    signIn: 'seed' as const,
    reference: tokens === 'id' ? 'session-id-memory' : peer.reference,
  })),
]
