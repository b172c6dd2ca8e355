import escapeHtml from 'escape-html'
import { serviceTitle } from '../services.js'
import type { Exchange } from './exchange.js'
import { exchangeRow, newsOf, placeTitles, rowId, timeOf } from './exchange-row.js'
import { tagOf } from './field-table.js'
import type { Login } from './login.js'
import type { SimulatorWindow } from './simulator-window.js'

/** How many exchanges a page shows. */
const shown = 200

/** One change as the page's script takes it. */
export interface Change {
  /** The id of the group. */
  readonly group: string
  /** The group without rows, where the page has none yet. */
  readonly frame: string
  readonly heading: string
  readonly row: string
  readonly html: string
  readonly news: string
}

/** Shows the latest exchanges, one group for each login, whichever had something happen last on top. */
export function sequence({ log }: SimulatorWindow): string {
  const latest = log
    .list()
    .slice(-shown)
    .sort((one, other) => one.version - other.version)
  const groups = new Map<string, Exchange[]>()
  for (const exchange of latest) {
    const id = groupId(exchange)
    const members = groups.get(id) ?? []
    // Set anew, so that the group moves behind those where nothing happened since.
    groups.delete(id)
    groups.set(id, [...members, exchange])
  }
  return [...groups.values()]
    .reverse()
    .map((exchanges) => group(exchanges, exchanges.map(exchangeRow).join('\n')))
    .join('\n')
}

/** Prepares a change for a page that is open. */
export function changeOf(exchange: Exchange): Change {
  return {
    group: groupId(exchange),
    frame: group([exchange], ''),
    heading: exchange.kind === 'note' ? '' : heading(exchange.login),
    row: rowId(exchange),
    html: exchange.kind === 'note' ? '' : exchangeRow(exchange),
    news: newsOf(exchange),
  }
}

function group(exchanges: readonly Exchange[], rows: string): string {
  const [first] = exchanges
  if (first === undefined) return ''
  const id = groupId(first)
  if (first.kind === 'note') {
    return `<p class="band" id="${id}">${timeOf(first.at)} ${escapeHtml(first.line)}</p>`
  }
  return `<section class="login" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${heading(first.login)}</h3>
<div class="heads" aria-hidden="true">${placeTitles.map((title) => `<span>${title}</span>`).join('')}</div>
<ol class="exchanges">
${rows}
</ol>
</section>`
}

function heading({ number, service, clientId, who, stateTag }: Login): string {
  if (number === 0) return 'Outside of a login'
  const words = [
    who === undefined ? undefined : escapeHtml(who),
    clientId === undefined ? undefined : `<code>${escapeHtml(clientId)}</code>`,
    service === undefined ? undefined : escapeHtml(serviceTitle(service)),
  ].filter((part) => part !== undefined)
  const state = stateTag === undefined ? '' : ` <span class="hidden">state</span> ${tagOf(stateTag)}`
  return `Login ${String(number)} <span class="about">${words.join(' · ')}${state}</span>`
}

function groupId({ kind, id, login }: Exchange): string {
  return kind === 'note' ? `note-${String(id)}` : `login-${String(login.number)}`
}
