// Signs in by Apple's popup, without leaving the page. Without this the page still has its link.
const button = document.getElementById('popup')
const notice = document.getElementById('popup-notice')

const sentences = {
  popup_closed_by_user: 'You closed Apple’s window. Nothing was shared.',
  popup_blocked_by_browser: 'Your browser blocked Apple’s window. Allow popups here, or use the other button.',
  user_trigger_new_signin_flow: '',
}

/** The login that the server keeps ready; a browser opens a popup only straight after a click, without a wait. */
let login

function prepare() {
  login ??= fetchJson('/auth/apple/login?returnTo=/classes').catch((error) => {
    login = undefined
    throw error
  })
  return login
}

async function signIn() {
  say('')
  const { clientId, scope, redirectURI, state, nonce } = await prepare()
  AppleID.auth.init({ clientId, scope, redirectURI, state, nonce, usePopup: true })
  const result = await AppleID.auth.signIn().catch((failure) => ({ ...failure, state }))
  const sentence = sentences[result.error]
  if (sentence !== undefined) {
    say(sentence)
    return
  }
  // Good for one answer.
  login = undefined
  const { returnTo } = await fetchJson('/auth/apple/callback', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(result),
  })
  location.assign(returnTo)
}

async function fetchJson(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { ...options.headers, Accept: 'application/json' } })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
  return answer.json()
}

function say(sentence) {
  notice.textContent = sentence
  notice.hidden = sentence === ''
}

if (window.AppleID) {
  button.hidden = false
  button.addEventListener('pointerenter', () => prepare().catch(() => undefined))
  button.addEventListener('focus', () => prepare().catch(() => undefined))
  button.addEventListener('click', () =>
    signIn().catch(() => say('Signing in with Apple did not work. Please try again, or use the other button.')),
  )
}
