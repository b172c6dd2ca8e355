import express from 'express'
import session from 'express-session'
import request from 'supertest'
import type { AppleAuth } from '../../src/index.js'

/** The authorization request that an app with this instance sends a browser to, as it stands in the Location header. */
export async function authorizeHref(
  auth: AppleAuth,
  { host = 'school.example', path = '/auth/apple' } = {},
): Promise<string> {
  const app = express()
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false }))
  app.use(path, auth.router())
  const answer = await request(app).get(`${path}/login`).set('Host', host)
  if (answer.status !== 302) throw new Error(`/login answered ${String(answer.status)}: ${answer.text}`)
  return answer.headers.location ?? ''
}

/** The same, parsed. */
export async function authorizeUrl(auth: AppleAuth, place: { host?: string; path?: string } = {}): Promise<URL> {
  return new URL(await authorizeHref(auth, place))
}
