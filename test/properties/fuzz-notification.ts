import { buildToken } from './built-token.js'
import { FuzzApp } from './fuzz-app.js'
import { FuzzFailure, type FuzzTarget, harmlessStatus } from './fuzz-target.js'
import { generatedNotification, type GeneratedNotification } from './notifications.js'
import { notificationStatus } from './token-rules.js'

/** So many ids of notifications come again and again: what was seen is remembered for a day. */
const ids = 500

/** Apple’s notifications; every answer must have the status that its rules say. */
export async function createNotificationTarget(): Promise<FuzzTarget<GeneratedNotification>> {
  const app = await FuzzApp.start({ onNotification: () => undefined })
  const { apple } = app
  let count = 0

  return {
    name: 'notification',
    inputs: generatedNotification,
    signIns: () => app.signIns,
    stop: () => app.stop(),

    async send(generated, worker) {
      const jti = `id-${String((count += 1) % ids)}`
      const { url: issuer, keys } = apple
      const truth = { clientId: 'com.example.web', issuer, nonce: 'n', jti, keys, accessTokenHash: undefined }
      const built = buildToken(generated.token, truth)
      const { before, after } = generated.body
      const answer = await app.browser().send({
        method: 'POST',
        path: '/auth/apple/notifications',
        headers: { 'content-type': generated.contentType.text },
        body: before + built.jwt + after,
      })
      const status = harmlessStatus(answer)
      const expected = notificationStatus(generated, built, truth)
      if (answer.status !== expected)
        throw new FuzzFailure(`answered ${status}, not ${String(expected)} (${String(worker)})`)
      return status
    },
  }
}
