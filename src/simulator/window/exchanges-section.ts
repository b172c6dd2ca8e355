import escapeHtml from 'escape-html'
import { movingPartsPath } from '../home/moving-parts.js'
import type { SimulatorState } from '../simulator-state.js'
import { exchangesPath, positionOf } from './live-stream.js'
import { sequence } from './sequence.js'

/** Shows what was said between browser, app and Apple; `path` is where the simulator is mounted. */
export function exchangesSection({ window }: SimulatorState, path: string): string {
  const rows = sequence(window)
  return `<section aria-labelledby="said-by-whom" class="happened">
<h2 id="said-by-whom">Exchanges</h2>
<p class="mode"><span id="mode">Reload to see what is new.</span> <a href="${escapeHtml(path)}/">Reload</a></p>
<p class="sr" id="news" role="status"></p>
${howToRead(rows === '')}
<div id="exchanges" data-since="${positionOf(window)}"
  data-stream="${escapeHtml(`${path}${exchangesPath}`)}" data-parts="${escapeHtml(`${path}${movingPartsPath}`)}">
${rows === '' ? nothingYet : rows}
</div>
</section>`
}

function howToRead(isOpen: boolean): string {
  return `<details class="help"${isOpen ? ' open' : ''}><summary>How to read this</summary>
<p>Three take part in a login: the person’s <strong>browser</strong>, <strong>your app</strong>’s server, and
<strong>Apple</strong>, which this simulator plays. Each row is one exchange between two of them: the arrow is what is
asked, the dashed one the answer. Time runs downwards, one box for each login, the latest on top.</p>
<p>A login goes: <strong>authorize</strong> (the browser comes with your app’s question), <strong>consent</strong> (the
person says yes), <strong>callback</strong> (the browser brings your app a code), <strong>token</strong> (your app hands
the code in), <strong>keys</strong> (your app checks the signature). Later come <strong>roster</strong>,
<strong>revoke</strong> and <strong>notification</strong>.</p>
<p>Open a row to see each parameter and what it is. Secrets are never shown: <span class="tag colour-1">#5f2a91</span>
stands for one, and where you see the same again, the same secret was sent again. Red rows were refused, and say why,
which the real Apple does not.</p>
</details>`
}

const nothingYet = `<div class="empty" id="nothing">
<p><strong>Nothing happened yet.</strong></p>
<p>Leave this page open, open your app in another tab and sign in there. Each step shows up here as it happens.</p>
<p class="quiet">Your app comes here once its <code>APPLE_BASE_URL</code> is this page’s address.</p>
</div>`
