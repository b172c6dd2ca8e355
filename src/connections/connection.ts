import { type AppleOrganization, parseOrganization } from '../roster/organization.js'
import {
  type Breakage,
  type ConnectionRecord,
  parseObject,
  type SealedConnection,
} from '../session/connection-record.js'

/** A school that an administrator has connected. */
export interface AppleConnection {
  readonly organizationId: string
  /** The school as it was when it was connected; undefined where the Roster API did not answer then. */
  readonly organization: AppleOrganization | undefined
  /** What was granted, separated by spaces. */
  readonly scope: string
  /** When; undefined where the record cannot be read. */
  readonly connectedAt: Date | undefined
  /** The `sub` of the administrator who did; undefined where Apple sent no id_token. */
  readonly connectedBy: string | undefined
  /** `broken`: it cannot be read, and an administrator has to connect the school again. */
  readonly status: 'working' | 'broken'
  /**
   * Why and since when it is broken. `reason` is Apple's `error` value for a refused refresh; `other_identity` for one
   * that was about somebody else; `no_refresh_token` where Apple never sent one; `sealed` where no key opens the record.
   */
  readonly broken: { readonly reason: string; readonly since: Date | undefined } | undefined
}

/** What callers see of a stored connection. */
export function toConnection(
  record: ConnectionRecord | SealedConnection,
  breakage: Breakage | undefined,
): AppleConnection {
  const { organizationId } = record
  if ('isSealed' in record) {
    return {
      organizationId,
      organization: undefined,
      scope: '',
      connectedAt: undefined,
      connectedBy: undefined,
      status: 'broken',
      broken: { reason: 'sealed', since: undefined },
    }
  }
  return {
    organizationId,
    organization: organizationOf(record),
    scope: record.scope,
    connectedAt: new Date(record.connectedAt * 1000),
    connectedBy: record.sub,
    status: breakage === undefined ? 'working' : 'broken',
    broken: breakage && { reason: breakage.reason, since: new Date(breakage.since * 1000) },
  }
}

function organizationOf({ organization }: ConnectionRecord): AppleOrganization | undefined {
  return organization === undefined ? undefined : parseOrganization(parseObject(organization))
}
