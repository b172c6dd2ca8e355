import type { AppleAuthConfig } from '../config/config.js'

/** What to check, likeliest first, when Apple answers `invalid_client` for a client id; Apple itself never says why. */
export function invalidClientChecklist(config: AppleAuthConfig, clientId: string = config.clientId): readonly string[] {
  const capability =
    config.service === 'sign-in-with-apple' ? 'Sign in with Apple' : 'Account & Organizational Data Sharing'
  const name = (option: string, variable: string): string => `${option} (${config.envPrefix}${variable})`
  const own =
    clientId === config.clientId
      ? `${name('clientId', 'CLIENT_ID')} is the Services ID of this website, letter for letter, not the app’s bundle id`
      : `${clientId}, of ${name('audiences', 'AUDIENCES')}, is a bundle id of this team, letter for letter, with ${capability} turned on`
  if (config.credentials.kind === 'ready-made') {
    return [
      own,
      `${name('clientSecret', 'CLIENT_SECRET')} was made for this client id and team, and its key still exists`,
    ]
  }
  return [
    own,
    `${name('teamId', 'TEAM_ID')} is the team that owns this client id; keyId and teamId are not swapped`,
    `${name('keyId', 'KEY_ID')} belongs to this private key: the file was named AuthKey_<keyId>.p8`,
    `the key has the capability ${capability} and is configured for this client’s primary App ID`,
    'the key has not been revoked in Certificates, Identifiers & Profiles',
    'this machine’s clock is right: details.clockDifferenceSeconds is ours minus Apple’s',
    'the credentials are not those of the Apple School Manager API (client ids that begin with SCHOOLAPI.)',
  ]
}

/** Our clock minus Apple's by its `Date` header, in whole seconds; undefined where there is none. */
export function clockDifference({ headers }: Pick<Response, 'headers'>): number | undefined {
  const theirs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(theirs) ? undefined : Math.round((Date.now() - theirs) / 1000)
}
