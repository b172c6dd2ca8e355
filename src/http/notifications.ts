import type { Request, RequestHandler, Response } from 'express'
import { AppleNotificationError } from '../errors.js'
import { parseJsonObject } from '../json-object.js'
import { setSessionAside } from '../session/app-session.js'
import { forwardErrors } from './forward-errors.js'
import type { Instance } from './instance.js'
import { createReadBody } from './request-body.js'

const readBody = createReadBody({
  type: 'application/json',
  name: 'notification',
  createError: (message, options) => new AppleNotificationError(message, options),
})

/** POST /notifications: takes what Apple tells of people and schools; anything but a 200 makes Apple send it again. */
export function createNotificationsRoute(instance: Instance): RequestHandler {
  return forwardErrors(async function notifications(req, res) {
    // Apple's server has no session here, and is given none whatever the app's settings are.
    setSessionAside(req)
    const payload = await readPayload(req, res)
    await instance.takeNotification(await instance.verifyNotification(payload))
    res.status(200).end()
  })
}

/** The JWT in `{"payload":"…"}`. */
async function readPayload(req: Request, res: Response): Promise<string> {
  const body = await readBody(req, res)
  const { payload } = (typeof body === 'string' ? parseJsonObject(body) : body) ?? {}
  if (typeof payload === 'string') return payload
  throw new AppleNotificationError('The notification has no payload: Apple sends {"payload":"<JWT>"}.')
}
