import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { MemoryStore } from 'express-session'
import { AppleAtHome } from '../interop/apple-at-home.js'
import type { Account } from '../interop/apps/accounts.js'
import { ClientProcess } from '../interop/client-process.js'
import { Person } from '../interop/person.js'
import { MovedApp } from './moved-app.js'

// A process of its own starts first.
jest.setTimeout(60_000)

/** A move from one package to this one, after which a test begins. */
export interface Move {
  readonly apple: AppleAtHome
  readonly moved: MovedApp
  /** The table of the moved app, by `sub`. */
  readonly accounts: Map<string, Omit<Account, 'sub'>>
  /** Who signed in by the old package, in the browser that they have used since. */
  readonly person: Person
  /** The row that the old app made for them. */
  readonly row: Account
}

/** Which app moves by which recipe. */
export interface MoveOptions {
  /** By its name in `interop/apps/`. */
  readonly from: string
  readonly heading: string
  /** Where the return URL leads that Apple knows. Default: /auth/apple/callback. */
  readonly callbackPath?: string
}

/** Has a person sign in by the old package, moves the app by the README's recipe, and has people sign in again. */
export function testMove({ from, heading, callbackPath }: MoveOptions, more?: (move: () => Move) => void): void {
  describe(`the README’s recipe for an app that moves from ${from}`, () => {
    const ends: (() => Promise<void>)[] = []
    let move: Move

    beforeAll(async () => {
      const apple = await AppleAtHome.start()
      ends.push(() => apple.stop())
      const client = await ClientProcess.start(from, apple, callbackPath === undefined ? {} : { callbackPath })
      const person = new Person(apple, client.url)
      const row = JSON.parse((await person.signIn('Home User')).text) as Account
      const database = await client.database()
      const moved = await MovedApp.replace(client, apple, heading)
      ends.unshift(() => moved.stop())
      const accounts = moved.recipe.accounts as Move['accounts']
      for (const { sub, ...rest } of database.accounts) accounts.set(sub, rest)
      const store = moved.recipe.store as MemoryStore | undefined
      for (const [id, session] of Object.entries(database.sessions)) store?.set(id, session)
      move = { apple, moved, accounts, person, row }
    })
    afterAll(async () => {
      for (const end of ends) await end()
    })

    it('gives the same person the same account, with the name that Apple says no more', async () => {
      const { apple, moved, accounts, row } = move
      const { sub, ...account } = row
      expect(row).toEqual({ id: 1000, ...apple.person('Home User') })
      const before = apple.exchanges.length
      const page = await new Person(apple, moved.url).signIn('Home User', '/account')
      expect([page.url.href, JSON.parse(page.text)]).toEqual([`${moved.url}/account`, account])
      expect([...accounts]).toEqual([[sub, account]])
      expect(apple.exchanges.slice(before)).toEqual(['authorize 200', 'consent 200', 'token authorization_code 200'])
    })

    it('gives a newcomer one with a name', async () => {
      const { apple, moved, accounts } = move
      const page = await new Person(apple, moved.url).signIn('Class Teacher', '/account')
      const { sub, ...known } = apple.person('Class Teacher')
      expect(JSON.parse(page.text)).toEqual({ id: 2, ...known })
      expect(accounts.has(sub)).toBe(true)
    })

    more?.(() => move)
  })
}
