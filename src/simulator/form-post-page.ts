import escapeHtml from 'escape-html'
import type { Answer } from './answer.js'
import { pageAnswer } from './page.js'

// Constant, so that its hash in the policy is too. It asks the form by its id: a field cannot be in the way.
const submitScript = `document.getElementById('form_post').submit()`

/** Posts the fields to the redirect URI by itself, or by a button where scripts are off (OAuth 2.0 Form Post Response Mode). */
export function formPostPage(redirectUri: string, fields: Readonly<Record<string, string>>): Answer {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  )
  const main = `<h1>Returning to the app</h1>
<p class="quiet">This page posts the answer to <code>${escapeHtml(redirectUri)}</code>.</p>
<form id="form_post" method="post" action="${escapeHtml(redirectUri)}">
${inputs.join('\n')}
<noscript><div class="actions"><button type="submit">Continue to the app</button></div></noscript>
</form>`
  return pageAnswer({ title: 'Returning to the app', main, script: submitScript })
}
