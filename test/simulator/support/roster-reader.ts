import type { AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId } from './app.js'

/** A record of the Roster API; every member but the id may be absent. */
export interface RosterRecord {
  id: string
  givenName?: string
  middleName?: string
  familyName?: string
  email?: string
  grade?: string
  roles?: string[]
  roleLocationMapping?: { roleName: string; locationId: string }[]
  name?: string
  locationId?: string
  instructorIds?: string[]
  studentIds?: string[]
  dateCreated?: string
  dateLastModified?: string
}

/** One page of a list, whatever the list is called. */
export interface RosterPage {
  users?: RosterRecord[]
  classes?: RosterRecord[]
  locations?: RosterRecord[]
  moreToFollow: boolean
  nextPageToken?: string
}

/** Reads the Roster API over HTTP with one access token. */
export class RosterReader {
  constructor(
    readonly simulator: AppleSimulator,
    readonly accessToken: string,
  ) {}

  /** Registers an app and lets somebody approve it. Defaults: the administrator of First School, both scopes. */
  static async connect(
    simulator: AppleSimulator,
    { name = 'School Administrator', scope = 'edu.users.read edu.classes.read', teamId = 'SIMTEAM001' } = {},
  ): Promise<RosterReader> {
    const app = new App(simulator, 'account-data-sharing', { teamId })
    const { access_token } = await app.signIn(personId(simulator, name), { scope })
    return new RosterReader(simulator, access_token)
  }

  async get(path: string): Promise<{ status: number; text: string; headers: Headers }> {
    const headers = { authorization: `Bearer ${this.accessToken}` }
    const response = await fetch(`${this.simulator.url}/rosterapi/v1${path}`, { headers })
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  async status(path: string): Promise<number> {
    return (await this.get(path)).status
  }

  async record(path: string): Promise<RosterRecord> {
    return JSON.parse((await this.get(path)).text) as RosterRecord
  }

  async page(path: string): Promise<RosterPage> {
    return JSON.parse((await this.get(path)).text) as RosterPage
  }

  /** Goes through a list as an app does; `path` may have a query. */
  async *pages(path: string): AsyncGenerator<RosterPage> {
    let page = await this.page(path)
    yield page
    while (page.moreToFollow) {
      const separator = path.includes('?') ? '&' : '?'
      page = await this.page(`${path}${separator}pageToken=${page.nextPageToken ?? ''}`)
      yield page
    }
  }

  /** Reads a whole list. */
  async all(path: string): Promise<RosterRecord[]> {
    const records: RosterRecord[] = []
    for await (const { users, classes, locations } of this.pages(path)) {
      records.push(...(users ?? classes ?? locations ?? []))
    }
    return records
  }
}
