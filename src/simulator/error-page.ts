import escapeHtml from 'escape-html'
import type { Answer } from './answer.js'
import type { PageError } from './oauth-error.js'
import { pageAnswer } from './page.js'

/** Shows what Apple shows instead of redirecting, and below it what only the simulator can tell. Default status: 400. */
export function errorPage({ error, sentence, reason }: PageError, status = 400): Answer {
  const main = `<h1>${escapeHtml(error)}</h1>
${sentence === undefined ? '' : `<p>${escapeHtml(sentence)}</p>\n`}<div class="why">
<h2>Only the simulator tells you</h2>
<p class="quiet">${escapeHtml(reason)}</p>
</div>`
  return pageAnswer({ title: error, main }, status)
}
