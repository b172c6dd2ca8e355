import type { RosterClient } from '../../src/index.js'

// WHAT NOT TO DO: see index.ts.

type Json = Record<string, unknown>

/** The Roster API by bare fetch: ids and page tokens go into addresses as they are, and a list may have no end. */
export function createRoster(baseUrl: string, accessToken: () => Promise<string>): RosterClient {
  async function read(path: string): Promise<Json> {
    const headers = { authorization: `Bearer ${await accessToken()}` }
    return (await (await fetch(`${baseUrl}/rosterapi/v1${path}`, { headers })).json()) as Json
  }

  async function readUsers(path: string): Promise<Json[]> {
    let page = await read(path)
    const all = page.users as Json[]
    while (page.moreToFollow === true) {
      page = await read(`${path}?pageToken=${String(page.nextPageToken)}`)
      all.push(...(page.users as Json[]))
    }
    return all
  }

  return {
    organization: () => read('/organization'),
    user: (id: string) => read(`/users/${id}`),
    users: () => ({ toArray: () => readUsers('/users') }),
    classUsers: (id: string) => ({ toArray: () => readUsers(`/classes/${id}/users`) }),
  } as unknown as RosterClient
}
