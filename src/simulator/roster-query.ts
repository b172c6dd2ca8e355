// https://developer.apple.com/documentation/rosterapi/get-users
import type { Parameters } from './parameters.js'
import { RosterRefusal } from './roster-refusal.js'
import { rosterRoles, type RosterRole } from './school/population.js'

const defaultLimit = 100

/**
 * Reads `limit`. Default: 100; more than the maximum gives the maximum.
 * @throws RosterRefusal 400 unless it is a whole number from 1
 */
export function parseLimit(query: Parameters, maximum: number): number {
  if (!query.has('limit')) return Math.min(defaultLimit, maximum)
  const text = query.get('limit') ?? ''
  if (!/^\d+$/.test(text) || Number(text) === 0) {
    throw new RosterRefusal(400, 'the limit is not a whole number from 1')
  }
  return Math.min(Number(text), maximum)
}

/**
 * Reads `role`. Default: everybody.
 * @throws RosterRefusal 400 for a role that this list does not know
 */
export function parseRole(query: Parameters, known: readonly RosterRole[] = rosterRoles): RosterRole | undefined {
  if (!query.has('role')) return undefined
  const role = known.find((name) => name === query.get('role'))
  if (role === undefined) throw new RosterRefusal(400, `the role is not one of ${known.join(', ')}`)
  return role
}
