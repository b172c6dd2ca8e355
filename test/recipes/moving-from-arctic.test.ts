import { expect, it, jest } from '@jest/globals'
import { Person } from '../interop/person.js'
import { testMove } from './test-move.js'

const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)

testMove({ from: 'arctic', heading: 'Moving from arctic', callbackPath: '/callback/apple' }, (move) => {
  it('has the other routes beside the return URL, and says once that this is unusual', async () => {
    const { apple, moved } = move()
    const person = new Person(apple, moved.url)
    expect((await person.signIn('First Student', '/callback/login?returnTo=/account')).url.pathname).toBe('/account')
    await person.open('/callback/logout')
    expect(apple.exchanges.at(-1)).toBe('revoke 200')
    expect((await person.open('/account')).url.pathname).toBe('/auth/authorize')
    const codes = emitWarning.mock.calls.map(([, options]) => (options as { code?: string }).code)
    expect(codes.filter((code) => code === 'APPLE_CALLBACK_PATH')).toHaveLength(1)
  })
})
