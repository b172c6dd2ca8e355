import { createServer } from 'node:http'
import express from 'express'
import session from 'express-session'
import request from 'supertest'
import { type AppleAuth, appleAuth } from '../../src/index.js'
import type { SimulatedSchool } from './school-simulator.js'

/** How the school is read: through the client, or by a bare loop of `fetch` over the same pages. */
export type Way = 'client' | 'fetch'

/** What reading cost this process. */
export interface Reading {
  readonly people: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** The most memory that the process ever had, in MiB. */
  readonly peakMiB: number
}

/** Where the app of this process listens: where the administrator comes back to. */
export const appPort = 38_411
/** People per page: Apple's default. */
const limit = 100

/** Connects the school as an administrator does, so that its access token is a real one. */
async function connect({
  environment,
  administratorId,
}: SimulatedSchool): Promise<{ apple: AppleAuth; token: string }> {
  Object.assign(process.env, environment)
  const apple = appleAuth()
  const app = express()
  app.use(session({ secret: 'bench', resave: false, saveUninitialized: false }))
  app.use(apple.attach())
  app.use('/auth/apple', apple.router())
  app.get('/token', (req, res, next) => {
    req.apple.getAccessToken().then((token) => res.send(token), next)
  })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(appPort, 'localhost', resolve))
  const browser = request.agent(`http://localhost:${String(appPort)}`)
  const { headers } = await browser.get('/auth/apple/login')
  const consent = await (await fetch(headers.location ?? '')).text()
  const action = /<form method="post" action="([^"]*)"/.exec(consent)?.[1] ?? ''
  const decision = await fetch(new URL(action, environment.APPLE_BASE_URL), {
    method: 'POST',
    body: new URLSearchParams({ person: administratorId, decision: 'continue' }),
    redirect: 'manual',
  })
  const { pathname, search } = new URL(decision.headers.get('location') ?? '')
  const answer = await browser.get(`${pathname}${search}`)
  if (answer.status !== 303) throw new Error(`the school was not connected: ${String(answer.status)} ${answer.text}`)
  const token = (await browser.get('/token')).text
  await new Promise((resolve) => server.close(resolve))
  return { apple, token }
}

async function readByClient(apple: AppleAuth, organizationId: string): Promise<number> {
  let people = 0
  for await (const { id } of apple.connections.roster(organizationId).users({ limit })) if (id !== '') people += 1
  return people
}

/** The least that anybody writes: no checks, no deadline, no second attempt. */
async function readByFetch(rosterUrl: string, token: string): Promise<number> {
  let people = 0
  let pageToken = ''
  for (;;) {
    const query = new URLSearchParams({ limit: String(limit), ...(pageToken === '' ? {} : { pageToken }) })
    const response = await fetch(`${rosterUrl}/rosterapi/v1/users?${query.toString()}`, {
      headers: { accept: 'application/json', authorization: `Bearer ${token}` },
    })
    const page = (await response.json()) as { users: { id: string }[]; moreToFollow: boolean; nextPageToken: string }
    for (const { id } of page.users) if (id !== '') people += 1
    if (!page.moreToFollow) return people
    pageToken = page.nextPageToken
  }
}

async function read(way: Way, school: SimulatedSchool): Promise<Reading> {
  const { apple, token } = await connect(school)
  const cpuBefore = process.cpuUsage()
  const begun = performance.now()
  const people =
    way === 'client'
      ? await readByClient(apple, school.organizationId)
      : await readByFetch(school.environment.APPLE_ROSTER_BASE_URL ?? '', token)
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { people, seconds, cpuSeconds: (user + system) / 1e6, peakMiB: process.resourceUsage().maxRSS / 1024 }
}

process.once('disconnect', () => process.exit())
process.once('message', ({ way, school }: { way: Way; school: SimulatedSchool }) => {
  read(way, school).then(
    (reading) => process.send?.(reading),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
