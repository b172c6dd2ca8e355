import { decodeJwt } from 'jose/jwt/decode'
import type { AppleClient } from '../apple/client.js'
import { refusesPerson } from '../apple/migration-refusal.js'
import type { AppleTransferredUser, UserMigration } from '../apple/user-migration.js'
import type { AppleAuthConfig } from '../config/config.js'
import type { AppleTokenError } from '../errors.js'
import { moveEverybody } from './move-everybody.js'
import { parseTransferOptions, requireId, requireIds, requireTargetTeamId } from './parse-transfer-options.js'
import { createTeamTokens } from './team-tokens.js'
import type {
  AppleExchangeResult,
  AppleTransferIds,
  AppleTransferOptions,
  AppleTransferSubResult,
  AppleTransferSubsOptions,
} from './transfer-options.js'
import type { Effort } from './try-patiently.js'
import { withTeamToken } from './with-team-token.js'

/**
 * Moves the people of an app to another developer team: the transferring team asks for each person's `transferSub` and
 * hands it over, the receiving team exchanges it for the `sub` that it sees.
 *
 * A request that may yet pass is made up to five times. `transferSubs()` and `exchangeAll()` give one result per person
 * as it comes; `error` in it is Apple's last word about that person. Whatever concerns everybody they throw, once what is
 * under way has been told of; then a further run with `isDone` goes on where this one ended.
 */
export interface AppleTransfer {
  /**
   * For the team that gives the app away: a person's id on the way to the team `targetTeamId`.
   *
   * @throws AppleTokenError where Apple refuses: `invalid_request` for somebody who no longer uses the app
   * @throws AppleUnavailableError where Apple does not answer
   * @throws AppleArgumentError for a sub or team that is none
   */
  transferSub(sub: string, targetTeamId: string): Promise<string>
  /**
   * For the team that gets the app: who that is from now on.
   *
   * @throws AppleTokenError, AppleUnavailableError, AppleArgumentError as `transferSub()` does
   */
  exchange(transferSub: string): Promise<AppleTransferredUser>
  /** `transferSub()` for many people. @throws AppleArgumentError at once, and what concerns everybody as it is read */
  transferSubs(subs: AppleTransferIds, options: AppleTransferSubsOptions): AsyncIterable<AppleTransferSubResult>
  /** `exchange()` for many people. @throws AppleArgumentError at once, and what concerns everybody as it is read */
  exchangeAll(transferSubs: AppleTransferIds, options?: AppleTransferOptions): AsyncIterable<AppleExchangeResult>
}

const optionNames = ['concurrency', 'signal', 'isDone', 'onProgress']
/** A single request goes on until it is through. */
const alone: Effort = { signal: undefined, isWorthIt: () => true }

/** Wires the transfer for one configuration. */
export function createTransfer(config: AppleAuthConfig, client: AppleClient, migration: UserMigration): AppleTransfer {
  const tokens = createTeamTokens(() => client.teamToken())
  const ownTeamId = teamIdOf(config)

  const moveOut = (sub: string, targetTeamId: string, effort = alone): Promise<string> =>
    withTeamToken(tokens, (call) => migration.transferSub({ sub, targetTeamId }, call), effort)
  const moveIn = (transferSub: string, effort = alone): Promise<AppleTransferredUser> =>
    withTeamToken(tokens, (call) => migration.exchange({ transferSub }, call), effort)

  return Object.freeze<AppleTransfer>({
    async transferSub(sub, targetTeamId) {
      const teamId = requireTargetTeamId('transferSub', targetTeamId, ownTeamId)
      return moveOut(requireId('transferSub', 'the sub', sub), teamId)
    },

    async exchange(transferSub) {
      return moveIn(requireId('exchange', 'the transferSub', transferSub))
    },

    transferSubs(subs, options) {
      const run = parseTransferOptions('transferSubs', options, ['targetTeamId', ...optionNames])
      const targetTeamId = requireTargetTeamId('transferSubs', options.targetTeamId, ownTeamId)
      return moveEverybody<AppleTransferSubResult>({
        ids: requireIds('transferSubs', subs),
        run,
        requireId: (sub) => requireId('transferSubs', 'each sub', sub),
        move: (sub, effort) =>
          moveOut(sub, targetTeamId, effort).then((transferSub) => ({ sub, transferSub }), unlessRefused({ sub })),
      })
    },

    exchangeAll(transferSubs, options = {}) {
      const run = parseTransferOptions('exchangeAll', options, optionNames)
      return moveEverybody<AppleExchangeResult>({
        ids: requireIds('exchangeAll', transferSubs),
        run,
        requireId: (transferSub) => requireId('exchangeAll', 'each transferSub', transferSub),
        move: (transferSub, effort) =>
          moveIn(transferSub, effort).then((user) => ({ transferSub, ...user }), unlessRefused({ transferSub })),
      })
    },
  })
}

/** Makes a result of Apple's refusal of this person; throws any other error. */
function unlessRefused<Person extends object>(person: Person): (error: unknown) => Person & { error: AppleTokenError } {
  return (error) => {
    if (refusesPerson(error)) return { ...person, error }
    throw error
  }
}

function teamIdOf({ credentials }: AppleAuthConfig): string | undefined {
  return credentials.kind === 'key' ? credentials.teamId : decodeJwt(credentials.jwt).iss
}
