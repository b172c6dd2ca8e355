import escapeHtml from 'escape-html'
import type { Answer } from '../answer.js'
import { pageAnswer } from '../page.js'
import type { SimulatorState } from '../simulator-state.js'
import { controlPanel } from '../window/control-panel.js'
import { exchangesSection } from '../window/exchanges-section.js'
import { liveScript } from '../window/live-script.js'
import { movingPart, movingParts } from './moving-parts.js'
import { notificationForm } from './notification-form.js'

/** What the page needs besides the state. */
export interface HomePage {
  /** Where the simulator is mounted in another app; else empty. */
  readonly path: string
  /** Why the last form did not count. */
  readonly alert?: string
  /** The number of the note that says what the last form did. */
  readonly said?: number
}

/** Tells what the simulator is, shows what happens, and changes who uses which app, and Apple itself. Default status: 200. */
export function homePage(state: SimulatorState, { path, alert, said }: HomePage, status = 200): Answer {
  const { consents, faults, told } = movingParts(state, path)
  const main = `<div class="window">
<header>
<h1>Apple, simulated</h1>
<p>This server stands in for Apple while you develop and test. Open your own app and sign in there: it will send you to
this simulator and back, and this page shows every step. What a person, a school or Apple does later, you can do here.</p>
${alert === undefined ? '' : `<p class="alert" role="alert">${escapeHtml(alert)}</p>\n`}${saidWords(state, said)}</header>
${exchangesSection(state, path)}
<div class="controls">
<section aria-labelledby="uses">
<h2 id="uses">Who uses which app</h2>
${movingPart('consents', consents)}
</section>
<section aria-labelledby="tell">
<h2 id="tell">Tell an app what happened</h2>
${notificationForm(state, path)}
</section>
<section aria-labelledby="happen">
<h2 id="happen">Make something happen</h2>
${controlPanel(state, path, movingPart('faults', faults))}
</section>
</div>
<section aria-labelledby="told" class="told">
<h2 id="told">What the apps were told</h2>
${movingPart('told', told)}
</section>
</div>`
  return pageAnswer({ title: 'What happens', main, script: liveScript, isLive: true }, status)
}

function saidWords({ window: { log } }: SimulatorState, said: number | undefined): string {
  const note = said === undefined ? undefined : log.find(said)
  return note?.kind === 'note' ? `<p class="said" role="status">${escapeHtml(note.line)}</p>\n` : ''
}
