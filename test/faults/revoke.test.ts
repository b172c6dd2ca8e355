import { describe, expect, it } from '@jest/globals'
import { expectNoSecret, expectSignedOut } from '../support/expect-refused.js'
import { signIn } from '../support/login-steps.js'
import { connectSchool, rejectionOf } from '../support/schools.js'
import { useApple } from '../support/use-apple.js'
import { deadlineFor, deadlineMs, detailsOf, type Fault, faults, pathsAsked, strike } from './faults.js'
import { FaultyStore } from './faulty-store.js'
import { listen, until } from './operator.js'

const { apple, startApp } = useApple()
const sub = '001883.fcc77ba97500402389df96821ad9c790.1517'
const signedOut = { sub, organizationId: undefined }

/** To Apple's 200 nothing needs to be added (RFC 7009, section 2.2). */
const isTaken = ({ reason, status }: Fault): boolean => reason === undefined && status === 200

function strikeRevoke(fault: Fault): void {
  strike(apple, '/revoke', fault)
}

describe('a logout while the revocation endpoint', () => {
  it.each(faults.filter((fault) => !isTaken(fault)))('$name: signs out all the same', async (fault) => {
    const app = await startApp({ options: { httpTimeoutMs: deadlineFor(fault) } })
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const heard = listen(app.apple)
    strikeRevoke(fault)
    // Where Apple never answers, that this does is the bound.
    const answer = await visitor.post('/auth/apple/logout')

    expect([answer.status, answer.headers.location]).toEqual([303, '/'])
    expectNoSecret(`${answer.text}${JSON.stringify(answer.headers)}`)
    await expectSignedOut(visitor)

    expect(heard).toMatchObject([
      {
        name: 'revocation_failed',
        payload: { ...signedOut, willRetry: true, error: { code: 'ERR_APPLE_UNAVAILABLE', details: detailsOf(fault) } },
      },
      { name: 'logout', payload: { ...signedOut, revoked: false } },
    ])
    expectNoSecret(JSON.stringify(heard))
    expect(app.errors).toEqual([])
    expect(pathsAsked(apple)).not.toContain('/elsewhere')

    apple.misbehave = () => false
    expect((await signIn(apple, visitor)).status).toBe(303)
  })

  it.each(faults.filter(isTaken))('$name by 200: takes that for done', async (fault) => {
    const app = await startApp()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const heard = listen(app.apple)
    strikeRevoke(fault)
    expect((await visitor.post('/auth/apple/logout')).status).toBe(303)
    expect(heard).toEqual([{ name: 'logout', payload: { ...signedOut, revoked: true } }])
  })

  it('is slow, within the deadline: waits for it', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    await signIn(apple, visitor)
    const heard = listen(app.apple)
    apple.delay = () => 300
    expect((await visitor.post('/auth/apple/logout')).status).toBe(303)
    await expectSignedOut(visitor)
    expect(heard).toEqual([{ name: 'logout', payload: { ...signedOut, revoked: true } }])
  })

  it('says nothing: the session has ended before Apple is asked', async () => {
    const store = new FaultyStore()
    const app = await startApp({ session: { store }, options: { httpTimeoutMs: deadlineMs } })
    const visitor = app.visitor()
    apple.tokenAnswer = { refresh_token: 'of this visitor' }
    await signIn(apple, visitor)
    const left = [store.size]
    apple.misbehave = ({ form }) => {
      // Others' revocations are still tried again.
      if (form.get('token') === 'of this visitor') left.push(store.size)
      return form.has('token')
    }
    await visitor.post('/auth/apple/logout')
    expect(left).toEqual([1, 0])
  })

  it('is back: Apple is asked again by itself', async () => {
    const app = await startApp()
    const visitor = app.visitor()
    apple.tokenAnswer = { refresh_token: 'of this visitor' }
    await signIn(apple, visitor)
    const asked = () => apple.requestsTo('/revoke').filter(({ form }) => form.get('token') === 'of this visitor').length
    strikeRevoke({ name: 'is down', answer: (res) => res.writeHead(503).end() })
    await visitor.post('/auth/apple/logout')
    expect(asked()).toBe(1)
    apple.misbehave = () => false
    await until(() => asked() > 1)
  }, 60_000)
})

describe('disconnecting a school while the revocation endpoint', () => {
  it.each(faults.filter((fault) => !isTaken(fault)))('$name: disconnects all the same', async (fault) => {
    const app = await startApp({
      options: { service: 'account-data-sharing', httpTimeoutMs: deadlineFor(fault) },
    })
    const visitor = await connectSchool(apple, app)
    const heard = listen(app.apple)
    const { connections } = app.apple
    strikeRevoke(fault)
    expect(await connections.disconnect('org-1')).toBe(true)

    expect(heard).toContainEqual({ name: 'disconnected', payload: { organizationId: 'org-1' } })
    const failure = { code: 'ERR_APPLE_UNAVAILABLE', details: detailsOf(fault) }
    expect(heard.find(({ name }) => name === 'revocation_failed')?.payload).toMatchObject({
      organizationId: 'org-1',
      willRetry: true,
      error: failure,
    })
    expectNoSecret(JSON.stringify(heard))

    expect(await connections.get('org-1')).toBeUndefined()
    expect(await rejectionOf(connections.roster('org-1').organization())).toMatchObject({ reason: 'not_connected' })
    expect((await visitor.get('/private')).status).toBe(200)
    apple.misbehave = () => false
    await connectSchool(apple, app)
    expect(await connections.get('org-1')).toMatchObject({ status: 'working' })
  })
})
