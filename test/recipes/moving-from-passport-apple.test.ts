import { expect, it } from '@jest/globals'
import { Person } from '../interop/person.js'
import { personId } from '../simulator/support/app.js'
import { type Move, testMove } from './test-move.js'

const heading = 'Moving from passport-apple'

testMove({ from: 'nicokaiser-passport-apple', heading }, staySignedIn)
testMove({ from: 'passport-apple', heading }, staySignedIn)

function staySignedIn(move: () => Move): void {
  it('leaves people signed in who were so before, and takes nobody else for them', async () => {
    const { apple, moved, person, row } = move()
    const page = await person.open('/account')
    expect(page.url.href).toBe(`${moved.url}/account`)
    expect({ sub: row.sub, ...JSON.parse(page.text) }).toEqual(row)
    expect((await new Person(apple, moved.url).open('/account')).url.pathname).toBe('/auth/authorize')
  })

  it('does not fall back to the old login when Apple ends a new one', async () => {
    const { apple, moved, person } = move()
    const page = await person.signIn('Class Teacher', '/auth/apple/login?returnTo=/account')
    expect([page.url.href, JSON.parse(page.text)]).toEqual([
      `${moved.url}/account`,
      expect.objectContaining({ name: 'Class Teacher' }),
    ])
    const told = await apple.simulator.notify({
      type: 'consent-revoked',
      personId: personId(apple.simulator, 'Class Teacher'),
    })
    expect(told.status).toBe(200)
    expect((await person.open('/account')).url.pathname).toBe('/auth/authorize')
  })
}
