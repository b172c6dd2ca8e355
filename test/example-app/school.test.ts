import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { Visitor } from '../support/login-steps.js'
import { LoopbackApple } from '../support/loopback-apple.js'
import { until } from '../support/until.js'
import { Example, newDataDir } from './example.js'
import { SchoolExample, textOf } from './school-example.js'

const firstSchool = '5f0f6d1e-0001-4a5c-9a51-51c7b0a1f001'
jest.setTimeout(30_000)

const log = jest.spyOn(console, 'error')

let dataDir: string
let school: SchoolExample

beforeEach(async () => {
  log.mockReset()
  dataDir = newDataDir()
  school = await SchoolExample.start({ dataDir })
})
afterEach(async () => {
  await school.stop()
  rmSync(dataDir, { recursive: true })
})

async function connected(): Promise<Visitor> {
  const administrator = school.example.visitor()
  await school.connect(administrator)
  return administrator
}

async function teacher(): Promise<Visitor> {
  const visitor = school.example.visitor()
  await school.signIn(visitor, 'class-teacher')
  return visitor
}

function post(visitor: Visitor, path: string, headers: Record<string, string> = { 'Sec-Fetch-Site': 'same-origin' }) {
  return visitor.post(path).set(headers)
}

/** Apple has told the app of the end of a consent, and the second in which that was is over: no login is older now. */
async function untilTold(): Promise<void> {
  await until(() => school.simulator.notifications.some(({ status }) => status === 200))
  await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)))
}

describe('the school page', () => {
  it('offers strangers to connect their school, and sends nobody to Apple by itself', async () => {
    const { status, text } = await school.example.visitor().get('/school').set('Accept', 'text/html')
    expect(status).toBe(200)
    expect(text).toContain('href="/auth/school/login?returnTo=/school"')
    expect(text).toContain('If your school is connected already')
    expect(text).not.toContain('You are signed out')
  })

  it('shows the school, who connected it, and that nothing has been read', async () => {
    const page = await textOf(await connected(), '/school')
    for (const fact of ['First School', 'Working', 'by you', firstSchool, 'edu.users.read', 'Not synced yet.']) {
      expect(page).toContain(fact)
    }
    expect(page).not.toMatch(/eyJ|Reading:/)
  })

  it('counts what Sync now has read', async () => {
    const page = await school.syncToTheEnd(await connected())
    expect(page).toMatch(/120 people and [1-9]\d* classes , read on/)
    expect(page).toContain('Sync now')
    expect(log).not.toHaveBeenCalled()
  })

  it('shows how far a reading is, reloads itself without JavaScript, and joins a second press', async () => {
    const administrator = await connected()
    school.simulator.fail({ endpoint: 'roster', path: '/classes', delayMs: 2000 })
    await school.sync(administrator)
    await school.sync(administrator)
    const { text } = await administrator.get('/school')
    expect(text).toMatch(/Reading: <span id="progress">\d+ people and 0 classes<\/span> so far/)
    expect(text).toContain('<noscript><meta http-equiv="refresh" content="2"></noscript>')
    expect(text).not.toContain('Sync now')
    const seen = new Set<unknown>()
    for (let progress: unknown = ''; progress !== undefined; seen.add(progress)) {
      progress = (await administrator.get('/school/status')).body.progress
    }
    expect([...seen]).toContain('120 people and 0 classes')
    expect(await textOf(administrator, '/school')).toContain('120 people and 16 classes , read on')
    const asked = school.simulator.requests.filter(({ path }) => path === '/classes')
    expect(asked).toHaveLength(1)
  })

  it('says in plain words why a reading failed, and keeps what was read before', async () => {
    const administrator = await connected()
    await school.syncToTheEnd(administrator)
    school.simulator.fail({ endpoint: 'roster', path: '/classes', status: 403, times: Infinity })
    const page = await school.syncToTheEnd(administrator)
    expect(page).toContain('The last attempt to read the school failed')
    expect(page).toContain('mention the code ERR_APPLE_ROSTER')
    expect(page).toContain('120 people and')
    expect(await textOf(await teacher(), '/classes')).toContain('Teacher')
    expect(log).toHaveBeenCalledTimes(1)
  })

  it('tells that the connection is broken, leads to a new one, and tells the operator', async () => {
    const administrator = await connected()
    await school.syncToTheEnd(administrator)
    // Apple's notification does not arrive.
    school.example.isDeaf = true
    school.simulator.revokeGrant({ organizationId: firstSchool })
    const page = await school.syncToTheEnd(administrator)
    for (const fact of ['Broken', 'invalid_grant', 'Connect again', '120 people and']) {
      expect(page).toContain(fact)
    }
    expect(log.mock.calls.flat().join()).toContain(`School ${firstSchool} can no longer be read (invalid_grant)`)
    await school.connect(administrator)
    expect(await school.syncToTheEnd(administrator)).toContain('Working')
  })

  it('is told when the organization takes its consent back: the school goes, and whoever connected it is signed out', async () => {
    const administrator = await connected()
    await school.syncToTheEnd(administrator)
    school.simulator.revokeGrant({ organizationId: firstSchool })
    await until(() => school.simulator.notifications.some(({ status }) => status === 200))
    expect(await textOf(administrator, '/school')).toContain('If your school is connected already')
    expect(await textOf(await teacher(), '/classes')).not.toContain('Read from First School on')
    expect(log).not.toHaveBeenCalled()
  })

  it('keeps the school connected when the administrator signs out', async () => {
    const administrator = await connected()
    await school.syncToTheEnd(administrator)
    expect((await post(administrator, '/auth/school/logout')).headers.location).toBe('/school?signed-out')
    const page = await textOf(administrator, '/school?signed-out')
    expect(page).toContain('You are signed out. Your school stays connected.')
    expect(await textOf(await teacher(), '/classes')).toContain('Read from First School on')
    await school.connect(administrator)
    expect(await textOf(administrator, '/school?signed-out')).not.toContain('You are signed out')
  })

  it('asks before it disconnects, says what will happen, and shows the way back', async () => {
    const administrator = await connected()
    expect((await administrator.get('/school')).text).not.toContain('action="/school/disconnect"')
    const { status, text, headers } = await administrator.get('/school/disconnect')
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(text).toContain('Disconnect First School?')
    expect(text).toMatch(/<form method="post" action="\/school\/disconnect">[^]*<a [^>]*href="\/school">Keep/)
    expect(await textOf(administrator, '/school')).toContain('Working')
  })

  it('does not ask where no school is connected any more', async () => {
    const administrator = await connected()
    const colleague = await connected()
    await post(colleague, '/school/disconnect')
    const answer = await administrator.get('/school/disconnect')
    expect([answer.status, answer.headers.location]).toEqual([303, '/school'])
  })

  it('forgets the school when it is disconnected', async () => {
    const administrator = await connected()
    await school.syncToTheEnd(administrator)
    const answer = await post(administrator, '/school/disconnect')
    expect([answer.status, answer.headers.location]).toEqual([303, '/school?disconnected'])
    expect(await textOf(administrator, '/school?disconnected')).toContain('Your school is not connected.')
    expect((await administrator.get('/school/status')).status).toBe(303)
    expect(await textOf(await teacher(), '/classes')).toContain('Your school is not connected to this app,')
    await untilTold()
    await school.connect(administrator)
    expect(await textOf(administrator, '/school')).toContain('Not synced yet.')
  })

  it('can disconnect while it reads', async () => {
    const administrator = await connected()
    school.simulator.fail({ endpoint: 'roster', path: '/classes', delayMs: 4000 })
    await school.sync(administrator)
    expect((await post(administrator, '/school/disconnect')).status).toBe(303)
    await untilTold()
    await school.connect(administrator)
    expect(await textOf(administrator, '/school')).toContain('Not synced yet.')
    school.simulator.behave()
    expect(await school.syncToTheEnd(administrator)).toContain('120 people and 16 classes , read on')
  })

  it.each(['/school/sync', '/school/disconnect'])('refuses a form from another site at %s', async (path) => {
    const administrator = await connected()
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
    ]) {
      expect((await post(administrator, path, headers as Record<string, string>)).status).toBe(403)
    }
    expect(await textOf(administrator, '/school')).toContain('Not synced yet.')
    expect((await post(administrator, '/school/sync', { Origin: school.url })).status).toBe(303)
  })

  it('lets nobody else begin or see anything', async () => {
    const visitor = await teacher()
    for (const path of ['/school/sync', '/school/disconnect']) {
      const answer = await post(visitor, path)
      expect([answer.status, answer.headers.location]).toEqual([303, '/school'])
    }
    for (const path of ['/school/status', '/school/disconnect']) expect((await visitor.get(path)).status).toBe(303)
  })

  it('comes back with a notice after Cancel', async () => {
    const { text } = await school.example.visitor().get('/school?cancelled')
    expect(text).toContain('You cancelled at Apple.')
  })
})

describe('SIMULATOR_SCHOOL_SIZE', () => {
  it('says how many people there are to read', async () => {
    await school.stop()
    school = await SchoolExample.start({ dataDir, variables: { SIMULATOR_SCHOOL_SIZE: '2500' } })
    expect(await school.syncToTheEnd(await connected())).toContain('2,500 people and')
  })
})

describe('the classes page', () => {
  it('shows a teacher their own classes with the students, once the school has been read', async () => {
    const administrator = await connected()
    const visitor = await teacher()
    expect(await textOf(visitor, '/classes')).toContain('its classes have not been read yet')
    await school.syncToTheEnd(administrator)
    const page = await textOf(visitor, '/classes')
    const classes = page.match(/Teachers?: [^.]*/g) ?? []
    expect(classes.length).toBeGreaterThan(0)
    expect(classes.filter((teachers) => !teachers.includes('Class Teacher'))).toEqual([])
    expect(page.match(/\d+ students/g)).toHaveLength(classes.length)
    expect(page).toContain('Read from First School on')
  })

  it('shows a student their own classes and teachers, and no fellow student', async () => {
    await school.syncToTheEnd(await connected())
    const visitor = school.example.visitor()
    await school.signIn(visitor, 'first-student')
    const page = await textOf(visitor, '/classes')
    expect(page).toMatch(/Teachers?: /)
    expect(page).not.toMatch(/\d+ students/)
  })

  it('is friendly to somebody of no school, and to somebody of another one', async () => {
    await school.syncToTheEnd(await connected())
    const home = school.example.visitor()
    await school.signIn(home, 'home-user')
    expect(await textOf(home, '/classes')).toContain('Your Apple Account belongs to no school')
    const other = school.example.visitor()
    await school.signIn(other, 'other-administrator')
    const { text } = await other.get('/classes')
    expect(text).toContain('Your school is not connected to this app,')
    // Connecting is for administrators, and students come here too.
    expect(text.replace(/<nav[^]*<\/nav>/, '')).not.toContain('href="/school"')
  })
})

describe('syncAll', () => {
  it('reads every connected school, and none that was read today', async () => {
    await connected()
    const other = school.example.visitor()
    await school.connect(other, 'other-administrator')
    await school.example.app.syncAll()
    expect(await textOf(other, '/school')).toContain('40 people and')
    const requests = school.simulator.requests.length
    await school.example.app.syncAll()
    expect(school.simulator.requests).toHaveLength(requests)
  })
})

describe('the example app, started again with the same data folder', () => {
  it('knows who is signed in, which schools are connected, and what was read', async () => {
    const administrator = await connected()
    const visitor = await teacher()
    await school.syncToTheEnd(administrator)
    school = await school.restart()
    expect(await textOf(administrator, '/school')).toContain('120 people and')
    expect(await textOf(visitor, '/classes')).toContain('Class Teacher')
    expect(await textOf(visitor, '/')).toContain('Class Teacher')
    expect(await school.syncToTheEnd(administrator)).toContain('Working')
    expect(log).not.toHaveBeenCalled()
  })

  it('reads on with tokens that it renews', async () => {
    const administrator = await connected()
    school = await school.restart()
    school.simulator.expireAccessTokens()
    expect(await school.syncToTheEnd(administrator)).toContain('120 people and')
  })

  it('stops a reading when it ends, and says so', async () => {
    const administrator = await connected()
    await school.syncToTheEnd(administrator)
    school.simulator.fail({ endpoint: 'roster', delayMs: 4000, times: Infinity })
    await school.sync(administrator)
    school = await school.restart()
    const page = await textOf(administrator, '/school')
    expect(page).toContain('The app was stopped while it was reading.')
    expect(page).toContain('120 people and')
  })
})

describe('the example app without APPLE_SCHOOL_ variables', () => {
  it('signs people in and says what to set', async () => {
    const apple = await LoopbackApple.start()
    const example = await Example.start(apple.url)
    const page = await textOf(example.visitor(), '/school')
    expect(page).toContain('APPLE_SCHOOL_CLIENT_ID')
    expect((await example.visitor().get('/auth/school/login')).status).toBe(404)
    expect((await example.visitor().get('/')).text).toContain('alt="Sign in with Apple"')
    await example.stop()
    await apple.stop()
  })

  it('names what is missing when some are set', async () => {
    await expect(Example.start('http://127.0.0.1:1', { APPLE_SCHOOL_CLIENT_ID: 'com.example.school' })).rejects.toThrow(
      'APPLE_SCHOOL_REDIRECT_URI',
    )
  })
})
