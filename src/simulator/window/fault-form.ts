import escapeHtml from 'escape-html'
import { faultEndpoints, type FaultOptions } from '../faults.js'
import type { Parameters } from '../parameters.js'
import type { SimulatorState } from '../simulator-state.js'
import { faultWords } from './fault-words.js'

/** Where the forms post to. */
export const failPath = '/simulator/fail'
export const behavePath = '/simulator/behave'

const ways: ReadonlyMap<string, readonly [words: string, fault: FaultOptions]> = new Map([
  ['500', ['answers 500', { status: 500 }]],
  ['503', ['answers 503', { status: 503 }]],
  ['429', ['answers 429 and asks to wait 2 s', { status: 429, retryAfterSeconds: 2 }]],
  ['401', ['answers 401', { status: 401 }]],
  ['late', ['answers 2 s late', { delayMs: 2000 }]],
  ['later', ['answers 10 s late', { delayMs: 10_000 }]],
  ['hang', ['gives no answer', { connection: 'hang' }]],
  ['reset', ['cuts the connection', { connection: 'reset' }]],
])

/** Asks which endpoint is to fail and how; `waiting` shows those that wait, `path` is where the simulator is mounted. */
export function faultForm(waiting: string, path: string): string {
  const endpoints = [...faultEndpoints.map((name) => option(name, name)), option('any', 'any of them')]
  const options = [...ways].map(([name, [words]]) => option(name, words))
  return `<form method="post" action="${escapeHtml(`${path}${failPath}`)}" class="fields">
<label>Endpoint <select name="endpoint">${endpoints.join('')}</select></label>
<label>The next time it <select name="how">${options.join('')}</select></label>
<label>How many times <input type="number" name="times" value="1" min="1" max="1000" required></label>
<button type="submit" class="second">Let it fail</button>
</form>
${waiting}`
}

/** Reads what the form says. @throws TypeError for what it does not offer */
export function readFault(form: Parameters): FaultOptions {
  const way = ways.get(form.get('how') ?? '')
  if (way === undefined) throw new TypeError('fail: choose how it is to fail.')
  const wanted = form.get('endpoint')
  const endpoint = faultEndpoints.find((name) => name === wanted)
  if (endpoint === undefined && wanted !== 'any') throw new TypeError('fail: choose an endpoint.')
  return { ...way[1], ...(endpoint !== undefined && { endpoint }), times: Number(form.get('times') ?? 1) }
}

/** Lists the failures that wait, with a button that calls them off. */
export function waitingFaults(state: SimulatorState, path: string): string {
  const faults = state.faults.list()
  if (faults.length === 0) return '<p class="quiet">No failure waits.</p>'
  const words = faults.map(({ fault, times }) => `<p class="waiting">${escapeHtml(faultWords(fault, times))}</p>`)
  return `${words.join('\n')}
<form method="post" action="${escapeHtml(`${path}${behavePath}`)}" class="single"><button type="submit" class="second">Call all off</button></form>`
}

function option(value: string, words: string): string {
  return `<option value="${value}">${words}</option>`
}
