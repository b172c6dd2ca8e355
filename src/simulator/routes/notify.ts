import type { RequestHandler } from 'express'
import { takeHomeForm } from '../home/home-form.js'
import { homePage } from '../home/home-page.js'
import { readNotifyOptions } from '../home/notification-form.js'
import { letHappen } from '../notifications/notify.js'
import type { Notification } from '../notifications/notification.js'
import { planNotification } from '../notifications/plan-notification.js'
import { fullName } from '../person.js'
import type { SimulatorState } from '../simulator-state.js'

/** POST of the form that sends a notification to an app. */
export function notifyRoute(state: SimulatorState): RequestHandler {
  return takeHomeForm(state, (form, req) => {
    let notification: Notification
    try {
      notification = planNotification(state, readNotifyOptions(form))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      return homePage(state, { path: req.baseUrl, alert: `Not sent: ${error.message.replace(/^notify: /, '')}` }, 400)
    }
    const { type, client, person } = notification
    return {
      said: `${client.clientId} is told ${type} about ${fullName(person)}.`,
      work: letHappen(state, notification),
    }
  })
}
