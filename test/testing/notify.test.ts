import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import { startTestApple, type TestApple, type TestAppleOptions } from 'express-apple-auth/testing'
import { createApp } from './app.js'

const redirectUri = 'http://localhost:3000/auth/apple/callback'

let apple: TestApple
let server: Server | undefined

afterEach(async () => {
  await apple.close()
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

async function start(options: Partial<TestAppleOptions> = {}): Promise<void> {
  apple = await startTestApple({ service: 'sign-in-with-apple', redirectUri, ...options })
}

describe('notify', () => {
  it('signs out, through any agent and before it resolves', async () => {
    await start({ redirectUri: 'https://school.example/auth/apple/callback' })
    const seen: unknown[] = []
    const app = createApp(apple, {
      trustProxy: true,
      before: (before) => {
        before.post('/auth/apple/notifications', (req, _res, next) => {
          seen.push([req.hostname, req.secure])
          next()
        })
      },
    })
    const [agent, other] = [request.agent(app), request.agent(app)]
    await apple.signIn(agent, 'home-user')
    await apple.signIn(other, 'second-user')
    await apple.notify({ type: 'consent-revoked', person: 'home-user', to: other })
    await agent.get('/account').expect(401)
    await other.get('/account').expect(200)
    expect(seen).toEqual([['school.example', true]])
  })

  it('tells a school’s app that the school has gone', async () => {
    await start({ service: 'account-data-sharing' })
    const agent = request.agent(createApp(apple))
    const school = apple.school()
    await apple.connectSchool(agent, school)
    await apple.notify({ type: 'consent-revoked', school, to: agent })
    await agent.get('/account').expect(401)
  })

  it('posts to a server that listens, at its notificationUrl', async () => {
    const listening = createServer()
    server = listening
    await new Promise<void>((resolve) => listening.listen(0, 'localhost', resolve))
    const url = `http://localhost:${String((listening.address() as AddressInfo).port)}`
    await start({ redirectUri: `${url}/auth/apple/callback`, notificationUrl: `${url}/auth/apple/notifications` })
    listening.on('request', createApp(apple))
    const agent = request.agent(url)
    await apple.signIn(agent, 'home-user')
    await apple.notify({ type: 'account-deleted', person: 'home-user' })
    await agent.get('/account').expect(401)
    await expect(apple.notify({ type: 'x', person: 'home-user', jti: 'x' })).resolves.toBeUndefined()
    listening.removeAllListeners('request').on('request', express())
    const failing = apple.notify({ type: 'account-deleted', person: 'home-user' })
    await expect(failing).rejects.toThrow("The app answered Apple's notification with 404.")
  })

  it('says that nobody answered there', async () => {
    await start({ notificationUrl: 'http://127.0.0.1:9/notifications' })
    const failing = apple.notify({ type: 'account-deleted', person: 'home-user' })
    await expect(failing).rejects.toThrow("The app answered Apple's notification not at all.")
  })

  it('says that it does not know where to post', async () => {
    await start()
    const failing = apple.notify({ type: 'account-deleted', person: 'home-user' })
    await expect(failing).rejects.toThrow('has no notificationUrl')
  })

  it('says what the app answered', async () => {
    await start()
    const to = request(createApp(apple, { options: { onNotification: () => Promise.reject(new Error('no')) } }))
    const failing = apple.notify({ type: 'account-deleted', person: 'home-user', to })
    await expect(failing).rejects.toThrow(/^POST \/auth\/apple\/notifications answered 500: /)
    const elsewhere = apple.notify({ type: 'account-deleted', person: 'home-user', to, path: '/elsewhere' })
    await expect(elsewhere).rejects.toThrow('POST /elsewhere answered 404: Cannot POST /elsewhere')
  })
})

describe('signNotification', () => {
  it('is the body that Apple posts, which is taken once and told by its jti', async () => {
    await start()
    const seen: unknown[] = []
    const onNotification = ({ type, notificationId }: { type: string; notificationId?: string | undefined }) => {
      seen.push([type, notificationId])
    }
    const app = createApp(apple, { options: { onNotification } })
    const body = await apple.signNotification({ type: 'email-disabled', person: 'home-user', jti: 'first' })
    await request(app).post('/auth/apple/notifications').send(body).expect(200)
    await request(app).post('/auth/apple/notifications').send(body).expect(200)
    expect(seen).toEqual([['email-disabled', 'first']])
  })
})
