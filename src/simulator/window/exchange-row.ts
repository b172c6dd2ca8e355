import escapeHtml from 'escape-html'
import type { Exchange } from './exchange.js'
import { fieldTable } from './field-table.js'
import { storyOf, type Place } from './stories.js'

const places: Readonly<Record<Place, string>> = { browser: 'Browser', app: 'Your app', apple: 'Apple' }

/** The heads of the three columns, in their order. */
export const placeTitles: readonly string[] = Object.values(places)

/** The id of a row in the page. */
export function rowId({ id }: Exchange): string {
  return `exchange-${String(id)}`
}

/** Shows one exchange: an arrow there and back, what it means, and below it every parameter. */
export function exchangeRow(exchange: Exchange): string {
  const { from, to, title, sentence } = storyOf(exchange)
  const { line, times, error, reason, kind } = exchange
  const isBad = isRefused(exchange)
  const often = times === 1 ? '' : ` <span class="times">${String(times)} times, the last one shown</span>`
  const why = [error, reason].filter((word) => word !== undefined).map(escapeHtml)
  const label = kind === 'notification' || isBad ? 'Why' : 'Note'
  return `<li class="exchange ${from}-${to}${isBad ? ' bad' : ''}${exchange.status === undefined ? ' one-way' : ''}" id="${rowId(exchange)}">
<details><summary>
<span class="lanes" aria-hidden="true"><span class="ask"></span><span class="reply"></span></span>
<span class="story"><span class="sr">${places[from]} to ${places[to]}: </span><strong>${escapeHtml(title)}</strong>
<code>${escapeHtml(line)}</code>${often}
<span class="sentence">${escapeHtml(sentence)}</span>${
    why.length === 0 ? '' : `\n<span class="why-not">${label}: ${why.join(': ')}</span>`
  }</span>
<span class="end">${outcome(exchange)}</span>
</summary>
<div class="inside">
${inside(exchange)}
</div></details></li>`
}

/** Says in a few words what happened, for those who hear the page. */
export function newsOf(exchange: Exchange): string {
  if (exchange.kind === 'note') return exchange.line
  const { status } = exchange
  const answer = status === undefined ? '' : status === 0 ? ', no answer' : `, answered ${String(status)}`
  return `${storyOf(exchange).title}${answer}`
}

/** A time of day as pages show it, in UTC. */
export function timeOf(at: number): string {
  const time = new Date(at).toISOString()
  return `<time datetime="${time}">${time.slice(11, 19)}</time>`
}

function isRefused({ status, error }: Exchange): boolean {
  return error !== undefined || (status !== undefined && (status === 0 || status >= 400))
}

function outcome(exchange: Exchange): string {
  const { status, durationMs, at } = exchange
  const word = status === 0 ? 'no answer' : String(status)
  const pill = status === undefined ? '' : `<span class="status">${word}</span>\n`
  const took = durationMs === undefined ? '' : `\n<span>${String(Math.max(1, Math.round(durationMs)))} ms</span>`
  return `${pill}${timeOf(at)}${took}`
}

function inside({ kind, asked, answered, status }: Exchange): string {
  const tables = [
    fieldTable(kind === 'callback' ? 'What the browser carries' : 'What was sent', asked),
    fieldTable('What was answered', answered),
  ].filter((table) => table !== '')
  if (kind === 'callback') {
    tables.push(
      '<p class="quiet">The simulator sees the answer leave, not arrive: next your app should hand in the code.</p>',
    )
  } else if (answered.length === 0) {
    tables.push(`<p class="quiet">${status === 0 ? 'There was no answer.' : 'The answer had no body.'}</p>`)
  }
  return tables.join('\n')
}
