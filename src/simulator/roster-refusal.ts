/** A refusal of the Roster API: a status without a body, since Apple documents none; `reason` stays with the simulator. */
export class RosterRefusal extends Error {
  readonly status: number
  /** Without tokens. */
  readonly reason: string

  constructor(status: number, reason: string) {
    super(`${String(status)}: ${reason}`)
    this.name = 'RosterRefusal'
    this.status = status
    this.reason = reason
  }
}
