import escapeHtml from 'escape-html'
import type { Answer } from '../answer.js'
import { pageAnswer } from '../page.js'
import type { SimulatorState } from '../simulator-state.js'
import { consentList } from './consent-list.js'
import { notificationForm } from './notification-form.js'
import { notificationTable } from './notification-table.js'

/** What the page needs besides the state. */
export interface HomePage {
  /** Where the simulator is mounted in another app; else empty. */
  readonly path: string
  /** Why the last form did not count. */
  readonly alert?: string
}

/** Tells what the simulator is, and shows and changes who uses which app. Default status: 200. */
export function homePage(state: SimulatorState, { path, alert }: HomePage, status = 200): Answer {
  const main = `<div class="wide">
<h1>Apple, simulated</h1>
<p>This server stands in for Apple while you develop and test. Open your own app and sign in there: it will send you to
this simulator and back. What a person or school does later at Apple, you can do here.</p>
${alert === undefined ? '' : `<p class="alert" role="alert">${escapeHtml(alert)}</p>\n`}<section>
<h2>Who uses which app</h2>
${consentList(state, path)}
</section>
<section>
<h2>Tell an app what happened</h2>
${notificationForm(state, path)}
</section>
<section>
<h2>What the apps were told</h2>
${notificationTable(state)}
</section>
</div>`
  return pageAnswer({ title: 'Home', main }, status)
}
