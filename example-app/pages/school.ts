import type { AppleAuth } from 'express-apple-auth'
import express, { type Request, type RequestHandler, type Router } from 'express'
import type { Progress } from '../schools/school-copy.js'
import type { SchoolSync } from '../schools/school-sync.js'
import { requireSameOrigin } from './same-origin.js'

/** The pages of the administrator who connects the school. */
export function schoolPages(school: AppleAuth | undefined, sync: SchoolSync | undefined): Router {
  const router = express.Router()
  if (!school || !sync) {
    router.get('/', (_req, res) => {
      res.render('school-settings')
    })
    return router
  }

  // Somebody who is not signed in gets the page with the button, not a page of Apple's that they did not ask for.
  const administrator = school.requireAuth({
    onUnauthenticated: (_req, res) => {
      res.redirect(303, '/school')
    },
  })

  router.get('/', schoolPage(school, sync))

  router.get('/status', administrator, async (req, res) => {
    const { running } = await sync.status(await schoolOf(school, req))
    res.json({ progress: running && describe(running) })
  })

  router.post('/sync', requireSameOrigin, administrator, async (req, res) => {
    await sync.start(await schoolOf(school, req))
    res.redirect(303, '/school')
  })

  router.get('/disconnect', administrator, async (req, res) => {
    const connection = await school.connections.get(await schoolOf(school, req))
    if (!connection) {
      res.redirect(303, '/school')
      return
    }
    res.set('Cache-Control', 'no-store').render('school-disconnect', { organization: connection.organization })
  })

  router.post('/disconnect', requireSameOrigin, administrator, async (req, res) => {
    await school.connections.disconnect(await schoolOf(school, req))
    // Another administrator may have connected the school after this one: then this login has a grant of its own.
    await school.from(req).logout({ revoke: true })
    res.redirect(303, '/school?disconnected')
  })

  return router
}

function schoolPage(school: AppleAuth, sync: SchoolSync): RequestHandler {
  return async function schoolPage(req, res) {
    res.set('Cache-Control', 'no-store')
    const { cancelled, disconnected, 'signed-out': signedOut } = req.query
    const { isAuthenticated, user } = school.from(req)
    const organizationId = isAuthenticated ? await schoolOf(school, req) : undefined
    const connection = organizationId && (await school.connections.get(organizationId))
    if (!connection) {
      const isGone = isAuthenticated || disconnected !== undefined
      res.render('school-connect', {
        isGone,
        cancelled: cancelled !== undefined,
        signedOut: signedOut !== undefined,
      })
      return
    }
    const { running, done, failed } = await sync.status(connection.organizationId)
    res.render('school', {
      connection,
      isConnectedByMe: connection.connectedBy !== undefined && connection.connectedBy === user?.sub,
      progress: running && describe(running),
      done: done && { ...done, what: describe(done) },
      failed,
    })
  }
}

/** The id of the school that this administrator's login belongs to. @throws AppleAuthError where Apple does not say */
async function schoolOf(school: AppleAuth, req: Request): Promise<string> {
  const { organization, user, roster } = school.from(req)
  // The Roster API may not have answered at the login: then it is asked again.
  return organization?.id ?? user?.organizationId ?? (await roster.organization()).id
}

function describe({ people, classes }: Progress): string {
  const count = (number: number, one: string, many: string): string =>
    `${number.toLocaleString('en')} ${number === 1 ? one : many}`
  return `${count(people, 'person', 'people')} and ${count(classes, 'class', 'classes')}`
}
