import { describe, expect, it } from '@jest/globals'
import { AppleAtHome } from './apple-at-home.js'
import { ClientProcess } from './client-process.js'
import { Person } from './person.js'
import { testClient } from './test-client.js'

testClient('passport-apple', { asksFor: { scope: 'name email' }, checksNonce: false })

describe('passport-apple by itself', () => {
  it('sends its code and its secret to no Apple that cannot prove who it is', async () => {
    const apple = await AppleAtHome.start()
    const client = await ClientProcess.start('passport-apple', apple, { trusts: false })
    const page = await new Person(apple, client.url).signIn('Home User')
    expect(page.status).toBe(500)
    expect(apple.exchanges).toEqual(['authorize 200', 'consent 200'])
    await client.stop()
    await apple.stop()
  })
})
