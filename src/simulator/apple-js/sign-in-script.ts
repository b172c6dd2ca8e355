/**
 * Browser JavaScript: `AppleID.auth.signIn()`, by redirect or by popup.
 *
 * It is text, because the package's build compiles for Node alone. The names in it are of the whole script.
 */
export const signInScript = String.raw`
let flow

function signIn(config) {
  const settings = allSettings(config)
  if (typeof settings.clientId !== 'string' || typeof settings.redirectURI !== 'string') {
    const problem = 'call AppleID.auth.init() with clientId and redirectURI first.'
    complain('signIn', problem)
    return Promise.reject(new TypeError('AppleID.auth.signIn(): ' + problem))
  }
  if (settings.usePopup === true) return signInByPopup(settings)
  location.assign(authorizeUrl(settings, { response_mode: 'form_post' }))
  // The page is left.
  return new Promise(() => {})
}

function authorizeUrl({ clientId, redirectURI, scope, state, nonce }, more) {
  const common = { client_id: clientId, redirect_uri: redirectURI, response_type: 'code id_token', scope, state, nonce }
  const query = Object.entries({ ...common, ...more })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => name + '=' + encodeURIComponent(value))
  return appleUrl + '/auth/authorize?' + query.join('&')
}

function signInByPopup(settings) {
  flow?.end({ error: 'user_trigger_new_signin_flow' })
  const answer = new Promise((resolve, reject) => {
    flow = openPopup(settings, (result) => {
      flow = undefined
      if ('error' in result) reject(result)
      else resolve(result)
      announce(result)
    })
  })
  // Who listens to the events alone leaves no promise unhandled.
  answer.catch(() => {})
  return answer
}

function announce(result) {
  const [name, detail] =
    'error' in result ? ['AppleIDSignInOnFailure', result] : ['AppleIDSignInOnSuccess', { data: result }]
  document.dispatchEvent(new CustomEvent(name, { detail }))
}

function openPopup(settings, settle) {
  const frameId = crypto.randomUUID()
  const url = authorizeUrl(settings, { response_mode: 'web_message', frame_id: frameId, m: '11', v: '1.5.5' })
  const left = screenX + (outerWidth - 700) / 2
  const popup = window.open(url, frameId, 'popup,width=700,height=700,left=' + left + ',top=' + (screenY + 50))
  let wasClosed = false
  let hasEnded = false
  const watch = setInterval(look, 250)

  function look() {
    // What the popup has said may arrive after it has gone: so one look more.
    if (wasClosed) end({ error: 'popup_closed_by_user' })
    else wasClosed = popup.closed
  }

  function hear({ source, origin, data }) {
    if (source === popup && origin === new URL(appleUrl).origin && data?.frame_id === frameId) end(data.result)
  }

  function end(result) {
    if (hasEnded) return
    hasEnded = true
    clearInterval(watch)
    removeEventListener('message', hear)
    popup?.close()
    settle(result)
  }

  addEventListener('message', hear)
  if (popup === null) queueMicrotask(() => end({ error: 'popup_blocked_by_browser' }))
  return { end }
}
`
