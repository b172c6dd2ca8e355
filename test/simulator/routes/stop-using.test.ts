import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { App, personId } from '../support/app.js'
import { buttonForms, submit } from '../support/home-form.js'
import { NotificationReceiver } from '../support/notification-receiver.js'

describe('stopUsingRoute', () => {
  let simulator: AppleSimulator
  let receiver: NotificationReceiver
  let signIn: App
  let sharing: App
  let server: Server | undefined

  beforeEach(async () => {
    receiver = await NotificationReceiver.start()
    simulator = createAppleSimulator()
    await simulator.listen()
    signIn = new App(simulator, 'sign-in-with-apple', { notificationUrl: receiver.url })
    sharing = new App(simulator, 'account-data-sharing', { notificationUrl: receiver.url })
  })
  afterEach(async () => {
    await simulator.close()
    await receiver.close()
    server?.closeAllConnections()
    server?.close()
    server = undefined
  })

  it('ends the consent of its row and no other, tells the app, and leads back', async () => {
    const person = await signIn.signIn(personId(simulator, 'Home User'))
    const other = await signIn.signIn(personId(simulator, 'Second User'))
    const school = await sharing.signIn(personId(simulator, 'School Administrator'))
    const [ofSchool, , ofPerson] = await buttonForms(simulator.url)
    const answer = await submit(simulator.url, ofPerson)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/\?said=\d+$/)])
    expect((await receiver.nth(1)).event).toMatchObject({ type: 'consent-revoked' })
    expect((await signIn.refresh(person.refresh_token)).status).toBe(400)
    expect((await signIn.refresh(other.refresh_token)).status).toBe(200)
    expect((await sharing.refresh(school.refresh_token)).status).toBe(200)
    await submit(simulator.url, ofSchool)
    expect((await sharing.refresh(school.refresh_token)).status).toBe(400)
    expect((await receiver.nth(2)).event).toHaveProperty('org_id')
    expect(await buttonForms(simulator.url)).toHaveLength(1)
    expect(await (await fetch(simulator.url)).text()).toContain('<td>The app took it</td>')
  })

  it('does no harm the second time, or with fields of nobody', async () => {
    await signIn.signIn(personId(simulator, 'Home User'))
    const [button] = await buttonForms(simulator.url)
    await submit(simulator.url, button)
    await signIn.signIn(personId(simulator, 'Second User'))
    const { action = '' } = button ?? {}
    const wrong = [{}, { ...button?.fields, owner: '' }, { ...button?.fields, owner: undefined }]
    expect((await submit(simulator.url, button)).status).toBe(303)
    for (const fields of wrong) expect((await submit(simulator.url, { action, fields })).status).toBe(303)
    expect(await buttonForms(simulator.url)).toHaveLength(1)
    expect(simulator.notifications).toHaveLength(1)
  })

  it('does not wait for an app that is slow to answer', async () => {
    await signIn.signIn(personId(simulator, 'Home User'))
    receiver.replies = ['hang']
    const [button] = await buttonForms(simulator.url)
    expect((await submit(simulator.url, button)).status).toBe(303)
    expect(await (await fetch(simulator.url)).text()).toContain('<td>On its way</td>')
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another origin of the site', { 'sec-fetch-site': 'same-site' }],
    ['nowhere', { 'sec-fetch-site': 'none' }],
    ['another origin', { origin: 'https://app.example.org' }],
    ['the same host at another port', { origin: 'http://127.0.0.1:1' }],
    ['a page that hides where it is', { origin: 'null' }],
    ['an origin that is none', { origin: 'app' }],
    ['another origin, whatever else it says', { 'sec-fetch-site': 'same-origin', origin: 'https://a.example' }],
  ])('refuses a form from %s with 403', async (_case, headers) => {
    await signIn.signIn(personId(simulator, 'Home User'))
    const [button] = await buttonForms(simulator.url)
    const answer = await submit(simulator.url, button, headers)
    expect(answer.status).toBe(403)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await answer.text()).toContain('This form was sent by a page of another site.')
    expect(await buttonForms(simulator.url)).toHaveLength(1)
    expect(simulator.notifications).toEqual([])
  })

  it('takes what a browser sends from the page itself', async () => {
    await signIn.signIn(personId(simulator, 'Home User'))
    const [button] = await buttonForms(simulator.url)
    const headers = { 'sec-fetch-site': 'same-origin', origin: simulator.url }
    expect((await submit(simulator.url, button, headers)).status).toBe(303)
    expect(await buttonForms(simulator.url)).toEqual([])
  })

  it('answers 400 to what is no form, and 404 to GET', async () => {
    const url = `${simulator.url}/simulator/stop-using`
    const answer = await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('the content type is not')])
    expect((await fetch(url)).status).toBe(404)
  })

  it('works below a path of another app, behind a proxy that changes the Host', async () => {
    const outer = express()
    server = createServer(outer)
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    await simulator.close()
    simulator = createAppleSimulator({ baseUrl: `${origin}/apple` })
    outer.use((req, _res, next) => {
      req.headers.host = 'inside:3000'
      next()
    })
    outer.use('/apple', simulator.app)
    await new App(simulator, 'sign-in-with-apple').signIn(personId(simulator, 'Home User'))
    const [button] = await buttonForms(`${origin}/apple/`)
    expect(button?.action).toBe('/apple/simulator/stop-using')
    const answer = await submit(origin, button, { 'sec-fetch-site': 'same-origin', origin })
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      expect.stringMatching(/^\/apple\/\?said=\d+$/),
    ])
    expect(await buttonForms(`${origin}/apple`)).toEqual([])
  })
})
