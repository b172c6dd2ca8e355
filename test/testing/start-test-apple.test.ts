import { afterEach, describe, expect, it } from '@jest/globals'
import express from 'express'
import session from 'express-session'
import request from 'supertest'
import { appleAuth } from 'express-apple-auth'
import { startTestApple, type TestApple, type TestAppleOptions } from 'express-apple-auth/testing'
import { createApp } from './app.js'

const redirectUri = 'http://localhost:3000/auth/apple/callback'

let apple: TestApple

afterEach(() => apple.close())

async function start(options: Partial<TestAppleOptions> = {}): Promise<void> {
  apple = await startTestApple({ service: 'sign-in-with-apple', redirectUri, ...options })
}

describe('startTestApple', () => {
  it('empties the variables that would be in the way of those it sets', async () => {
    await start({ envPrefix: 'APPLE_PEOPLE_' })
    const { environment, credentials } = apple
    expect(environment).toMatchObject({
      APPLE_PEOPLE_CLIENT_ID: credentials.clientId,
      APPLE_PEOPLE_BASE_URL: apple.simulator.url,
      APPLE_PEOPLE_PRIVATE_KEY_FILE: '',
      APPLE_PEOPLE_CLIENT_SECRET: '',
      APPLE_PEOPLE_ISSUER: '',
      APPLE_PEOPLE_AUDIENCES: '',
    })
  })

  it('takes the simulator’s own options', async () => {
    await start({ simulator: { emailFlags: 'string' } })
    const agent = request.agent(createApp(apple))
    await apple.signIn(agent, 'home-user')
    expect((await agent.get('/account')).body.user.emailVerified).toBe(true)
    expect(apple.simulator.requests.map(({ endpoint }) => endpoint)).toContain('token')
  })

  it('stops Apple where the app cannot be registered', async () => {
    await start()
    const port = 0
    const wrong = { service: 'sign-in-with-apple', redirectUri: 'http://school.example/', port } as const
    await expect(startTestApple(wrong)).rejects.toThrow('The redirect URI http://school.example/ is not https.')
    const misspelt = { service: 'sign-in-with-apple', redirectUri, loginpath: '/x' } as const
    await expect(startTestApple(misspelt)).rejects.toThrow('has no "loginpath"')
  })

  it('plays Apple for two instances in one app, each with its own logins', async () => {
    await start()
    const school = apple.registerApp({
      service: 'account-data-sharing',
      redirectUri: 'http://localhost:3000/auth/school/callback',
      envPrefix: 'APPLE_SCHOOL_',
    })
    Object.assign(process.env, apple.environment, school.environment)
    const app = express()
    app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
    const people = appleAuth()
    const schools = appleAuth({ name: 'school', envPrefix: 'APPLE_SCHOOL_' })
    app.use(people.attach(), schools.attach())
    app.use('/auth/apple', people.router())
    app.use('/auth/school', schools.router())
    app.get('/', (req, res) => {
      res.json({ person: req.apple.user?.sub, school: schools.from(req).organization?.name })
    })
    const agent = request.agent(app)
    const { administrator, ...newSchool } = apple.school({ name: 'River School' })
    await school.connectSchool(agent, newSchool)
    await apple.signIn(agent, administrator)
    expect((await agent.get('/')).body).toEqual({ person: administrator.id, school: 'River School' })
  })
})

describe('person', () => {
  it('makes somebody new each time, with an address of their own', async () => {
    await start()
    const [one, other] = [apple.person(), apple.person({ name: 'Robin van Example', email: false })]
    expect(one).toMatchObject({ givenName: 'Test', role: 'consumer' })
    expect(one.email).toMatch(/^person\d+@home\.example$/)
    expect(other).toMatchObject({ givenName: 'Robin', familyName: 'van Example' })
    expect(other).not.toHaveProperty('email')
    const agent = request.agent(createApp(apple))
    await apple.signIn(agent, 'robin-van-example')
    expect((await agent.get('/account')).body.user.sub).toBe(other.id)
    await apple.signIn(agent, one.id)
    expect((await agent.get('/account')).body.user.email).toBe(one.email)
  })

  it('makes a student of a school, or whoever else is there', async () => {
    await start()
    const student = apple.person({ school: 'second-school' })
    expect(student).toMatchObject({ role: 'student', organizationId: expect.any(String) })
    expect(student.email).toMatch(/@second-school\.example$/)
    const bare = apple.simulator.addSchool({ name: 'Bare School' })
    expect(apple.person({ school: bare, role: 'instructor' })).toMatchObject({
      role: 'instructor',
      email: expect.stringMatching(/@school\.example$/),
    })
    expect(() => apple.person({ school: 'no-school' })).toThrow(
      'There is no school called no-school. There are: apple-school-manager-test-organization, first-school, second-school',
    )
  })
})

describe('school', () => {
  it('has students, classes and somebody who connects it', async () => {
    await start({ service: 'account-data-sharing' })
    const school = apple.school()
    expect(school).toMatchObject({ students: 20, classes: 4, administrator: { organizationId: school.id } })
    expect(apple.school().name).not.toBe(school.name)
    const agent = request.agent(createApp(apple))
    expect(await apple.connectSchool(agent, school, { returnTo: '/account' })).toBe('/account')
    expect((await agent.get('/account')).body.organization.name).toBe(school.name)
  })

  it('cannot be connected while nobody may', async () => {
    await start({ service: 'account-data-sharing' })
    const bare = apple.simulator.addSchool({ name: 'Bare School' })
    await expect(apple.connectSchool(request.agent(createApp(apple)), bare)).rejects.toThrow(
      "Bare School has no administrator: add one with apple.person({ role: 'administrator', school }).",
    )
  })
})

describe('signInOnDevice', () => {
  it('is for a device’s app alone', async () => {
    await start()
    await expect(apple.signInOnDevice('home-user')).rejects.toThrow(
      'signInOnDevice needs an app for devices: give bundleIds.',
    )
  })

  it('gives what the device hands over, for the bundle id that is asked for', async () => {
    await start({ bundleIds: ['com.example.phone', 'com.example.tablet'] })
    const audience = async (clientId?: string) => {
      const { identityToken } = await apple.signInOnDevice('home-user', clientId === undefined ? {} : { clientId })
      const payload = Buffer.from(identityToken.split('.')[1] ?? '', 'base64url').toString()
      return (JSON.parse(payload) as { aud: string }).aud
    }
    expect(await audience()).toBe('com.example.phone')
    expect(await audience('com.example.tablet')).toBe('com.example.tablet')
    expect(apple.environment.APPLE_AUDIENCES).toBe('com.example.phone,com.example.tablet')
  })
})
