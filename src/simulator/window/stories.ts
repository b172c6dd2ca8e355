import type { Exchange } from './exchange.js'

/** The three columns. */
export type Place = 'browser' | 'app' | 'apple'

/** An exchange in plain words. */
export interface Story {
  readonly title: string
  readonly from: Place
  readonly to: Place
  readonly sentence: string
}

type Line = readonly [title: string, from: Place, to: Place, sentence: string]

const lines: Readonly<Partial<Record<string, Line>>> = {
  authorize: [
    'Authorize',
    'browser',
    'apple',
    'Your app sends the browser to Apple with a question: who is this, and what may the app know?',
  ],
  consent: ['Consent', 'browser', 'apple', 'The person chooses an account and presses Continue or Cancel.'],
  callback: [
    'Callback',
    'browser',
    'app',
    'The browser carries Apple’s answer to your app: a code that works once, for five minutes.',
  ],
  'callback web_message': [
    'Answer to the popup',
    'apple',
    'browser',
    'The popup hands Apple’s answer to the page that opened it, which passes it on to your app.',
  ],
  token: ['Token', 'app', 'apple', 'Your app asks for tokens.'],
  'token authorization_code': [
    'Token',
    'app',
    'apple',
    'Your app’s server hands the code in, proves by its client secret who it is, and gets the tokens.',
  ],
  'token refresh_token': [
    'Token, refreshed',
    'app',
    'apple',
    'Your app asks for a new access token with its refresh token; nobody has to be there.',
  ],
  'token client_credentials': [
    'Token for the team',
    'app',
    'apple',
    'Your team asks for a token of its own, to move people to another team.',
  ],
  keys: ['Keys', 'app', 'apple', 'Your app fetches Apple’s public keys, to check who signed the id_token.'],
  roster: ['Roster', 'app', 'apple', 'Your app reads the school with its access token.'],
  usermigrationinfo: ['User migration', 'app', 'apple', 'Your app moves a person from one team to another.'],
  revoke: ['Revoke', 'app', 'apple', 'Your app gives the consent back: every token that came from it ends.'],
  notification: ['Notification', 'apple', 'app', 'Apple tells your app’s server that something happened.'],
  device: [
    'Sign-in on a device',
    'browser',
    'apple',
    'A native app asks the device, which answers with a code and an id_token; there is no redirect.',
  ],
}

const unknown: Line = ['Request', 'app', 'apple', 'Your app asks Apple.']
const cancelled = 'The browser carries back that the person pressed Cancel. There is no code.'

/** Says what an exchange is, who asks and who answers. */
export function storyOf({ kind, variant, error }: Exchange): Story {
  const [title, from, to, sentence] = lines[`${kind} ${variant ?? ''}`] ?? lines[kind] ?? unknown
  if (kind === 'callback' && error !== undefined) return { title, from, to, sentence: cancelled }
  return { title, from, to, sentence }
}
