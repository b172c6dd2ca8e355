import { createHash } from 'node:crypto'
import type { SimulatorPerson } from './person.js'

/** The address that hides a person's own from one group of apps; always the same one for both. */
export function relayEmail(consentGroup: string, person: SimulatorPerson): string {
  const digits = createHash('sha256').update(`${consentGroup} ${person.id}`).digest('hex')
  return `${BigInt(`0x${digits}`).toString(36).slice(0, 10)}@privaterelay.appleid.com`
}
