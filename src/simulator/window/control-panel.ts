import escapeHtml from 'escape-html'
import type { SimulatorState } from '../simulator-state.js'
import { faultForm } from './fault-form.js'
import { personForms } from './person-forms.js'

/** Where the buttons post to. */
export const rotateKeysPath = '/simulator/rotate-keys'
export const expireTokensPath = '/simulator/expire-access-tokens'

/** Lets somebody do what Apple, time or bad luck does; `path` is where the simulator is mounted, `waiting` the failures to come. */
export function controlPanel(state: SimulatorState, path: string, waiting: string): string {
  return `<div class="control">
<h3>Signing keys</h3>
<p class="quiet">Apple changes them every few weeks. A token signed with a key that is gone no longer counts.</p>
${button(`${path}${rotateKeysPath}`, 'Rotate keys')}
</div>
<div class="control">
<h3>Access tokens</h3>
<p class="quiet">They live an hour. End them now, and see your app refresh.</p>
${button(`${path}${expireTokensPath}`, 'Expire access tokens')}
</div>
<div class="control">
<h3>Failures</h3>
${faultForm(waiting, path)}
</div>
<div class="control">
<h3>Change a person</h3>
<p class="quiet">What changes here is in their next id_token.</p>
${personForms(state, path)}
</div>`
}

function button(action: string, words: string): string {
  return `<form method="post" action="${escapeHtml(action)}" class="single"><button type="submit" class="second">${words}</button></form>`
}
