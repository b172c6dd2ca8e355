import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { appleAuth, AppleArgumentError, type AppleTransferOptions } from '../../src/index.js'
import { makeSecret } from '../config/make-secret.js'
import { rejectionOf } from '../support/schools.js'
import { goodOptions } from '../support/test-app.js'
import { personId } from '../simulator/support/app.js'
import { takerTeam, TwoTeams } from './two-teams.js'

describe('a person of an app that goes to another team', () => {
  let teams: TwoTeams
  beforeEach(async () => {
    teams = await TwoTeams.start()
  })
  afterEach(() => teams.stop())

  it('is the same one there, whether moved or coming by before', async () => {
    const { simulator, giver, taker, giverApp, takerApp } = teams
    const home = personId(simulator, 'Home User')
    const { sub } = await giver.verifyIdToken((await giverApp.signIn(home)).id_token)
    teams.begin()
    const transferSub = await giver.transfer.transferSub(sub, takerTeam)

    const visitor = await taker.verifyIdToken((await takerApp.signIn(home)).id_token)
    expect(visitor.claims.transfer_sub).toBe(transferSub)
    const moved = await taker.transfer.exchange(transferSub)
    expect(moved).toEqual({ sub: visitor.sub, isPrivateEmail: false })
    expect(moved.sub).not.toBe(sub)
  })

  it('cannot be moved once the transfer is over', async () => {
    const { simulator, giver, taker, giverApp } = teams
    const home = personId(simulator, 'Home User')
    const { sub } = await giver.verifyIdToken((await giverApp.signIn(home)).id_token)
    teams.begin()
    const transferSub = await giver.transfer.transferSub(sub, takerTeam)
    simulator.endTransfer(giverApp.credentials.clientId)
    for (const late of [giver.transfer.transferSub(sub, takerTeam), taker.transfer.exchange(transferSub)]) {
      expect(await rejectionOf(late)).toMatchObject({ code: 'ERR_APPLE_TOKEN', appleError: 'invalid_request' })
    }
  })
})

describe('AppleAuth.transfer', () => {
  const options = goodOptions('http://127.0.0.1:1', 'http://localhost:3000')
  const { transfer } = appleAuth(options)

  it('is not there for Data Sharing, and says so', () => {
    const school = appleAuth({ ...options, service: 'account-data-sharing' })
    expect(() => school.transfer).toThrow(AppleArgumentError)
    expect(() => school.transfer).toThrow(/sign-in-with-apple/)
    expect(Object.keys(school)).not.toContain('transfer')
    expect(() => ({ ...school })).not.toThrow()
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(transfer)).toBe(true)
  })

  const noIds: unknown[] = ['', 'x'.repeat(256), undefined, null, 7, ['a']]
  it.each(noIds)('takes no sub and no transferSub like %p', async (id) => {
    const message = /must be a text of 1 to 255 characters/
    await expect(transfer.transferSub(id as string, takerTeam)).rejects.toThrow(message)
    await expect(transfer.exchange(id as string)).rejects.toThrow(message)
    const many = transfer.transferSubs([id as string], { targetTeamId: takerTeam })[Symbol.asyncIterator]()
    await expect(many.next()).rejects.toThrow(message)
    const others = transfer.exchangeAll([id as string])[Symbol.asyncIterator]()
    await expect(others.next()).rejects.toThrow(AppleArgumentError)
  })

  it.each([
    ['nothing', undefined, /ten characters/],
    ['a team that is none', 'taker00001', /ten characters/],
    ['too long a one', 'TAKER000011', /ten characters/],
    ['its own team', 'TEAM123456', /your own team/],
  ])('takes no targetTeamId like %s', async (_name, targetTeamId, message) => {
    await expect(transfer.transferSub('a', targetTeamId as string)).rejects.toThrow(message)
    expect(() => transfer.transferSubs(['a'], { targetTeamId: targetTeamId as string })).toThrow(message)
    expect(() => transfer.transferSubs(['a'], { targetTeamId: targetTeamId as string })).toThrow(AppleArgumentError)
  })

  it('knows its own team from a ready-made client secret, too', async () => {
    const ready = appleAuth({
      ...options,
      ...{ teamId: undefined, keyId: undefined, privateKey: undefined, clientSecret: makeSecret() },
    })
    await expect(ready.transfer.transferSub('a', 'TEAM123456')).rejects.toThrow(/your own team/)
  })

  it.each([
    ['a number below 1', { concurrency: 0 }, /concurrency must be a whole number from 1 to 32/],
    ['a number above 32', { concurrency: 33 }, /1 to 32/],
    ['half a request', { concurrency: 1.5 }, /1 to 32/],
    ['a text', { concurrency: '4' }, /1 to 32/],
    ['what is no signal', { signal: { aborted: false } }, /signal must be an AbortSignal/],
    ['what is no function', { isDone: true }, /must be functions/],
    ['what is no function to report to', { onProgress: 'yes' }, /must be functions/],
    ['an option that there is not', { concurency: 2 }, /no option "concurency"; it takes concurrency, /],
    ['a targetTeamId where there is none', { targetTeamId: takerTeam }, /no option "targetTeamId"/],
    ['no object', 4, /as an object/],
    ['null', null, /as an object/],
  ])('takes no options like %s', (_name, wrong, message) => {
    expect(() => transfer.exchangeAll([], wrong as AppleTransferOptions)).toThrow(message)
    expect(() => transfer.exchangeAll([], wrong as AppleTransferOptions)).toThrow(AppleArgumentError)
  })

  it.each([['one text', 'abc'] as const, ['nothing', undefined], ['an object', {}], ['null', null]])(
    'takes no ids like %s',
    (_name, ids) => {
      expect(() => transfer.exchangeAll(ids as never)).toThrow(/as a list/)
      expect(() => transfer.transferSubs(ids as never, { targetTeamId: takerTeam })).toThrow(AppleArgumentError)
    },
  )
})
