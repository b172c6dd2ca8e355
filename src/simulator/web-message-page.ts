import escapeHtml from 'escape-html'
import type { Answer } from './answer.js'
import { pageAnswer } from './page.js'

// Constant, so that its hash in the policy is too.
const postScript = `const { message, target } = document.getElementById('web_message').dataset
const lost = () => { document.getElementById('lost').hidden = false }
if (window.opener) {
  window.opener.postMessage(JSON.parse(message), target)
  // The page that hears it closes this window.
  setTimeout(lost, 1000)
} else lost()`

/** What the popup tells, and whom. */
export interface WebMessage {
  readonly redirectUri: string
  readonly frameId: string
  /** As they would travel by a form. */
  readonly fields: Readonly<Record<string, string>>
}

/** Hands the fields to the page that opened the popup, if it is of the redirect URI's origin; no other hears them. */
export function webMessagePage({ redirectUri, frameId, fields }: WebMessage): Answer {
  const { origin } = new URL(redirectUri)
  const message = JSON.stringify({ frame_id: frameId, result: toResult(fields) })
  const main = `<h1>Returning to the app</h1>
<p class="quiet">This window hands the answer to the page of <code>${escapeHtml(origin)}</code> that opened it.</p>
<div id="web_message" data-target="${escapeHtml(origin)}" data-message="${escapeHtml(message)}"></div>
<noscript><p class="alert" role="alert">Your browser runs no scripts here, so the app does not hear of it.</p></noscript>
<div id="lost" class="why" role="status" hidden>
<h2>Only the simulator tells you</h2>
<p class="quiet">The page that opened this window does not hear of it. Either its origin is not
<code>${escapeHtml(origin)}</code>, which is the redirectURI's, or it sends the header Cross-Origin-Opener-Policy: same-origin,
which has to be same-origin-allow-popups. At Apple this window would stay open, too.</p>
</div>`
  return pageAnswer({ title: 'Returning to the app', main, script: postScript })
}

/** The shape that Apple's script hands on: the user as an object, and an error without its state. */
function toResult({ error, code, id_token, state, user }: Readonly<Partial<Record<string, string>>>): unknown {
  if (error !== undefined) return { error }
  return {
    authorization: { code, id_token, ...(state !== undefined && { state }) },
    ...(user !== undefined && { user: JSON.parse(user) as unknown }),
  }
}
