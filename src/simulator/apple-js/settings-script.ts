/**
 * Browser JavaScript: what `AppleID.auth.init()` and the meta tags say, and what is wrong with it.
 *
 * It is text, because the package's build compiles for Node alone. The names in it are of the whole script.
 */
export const settingsScript = String.raw`
const names = ['clientId', 'scope', 'redirectURI', 'state', 'nonce', 'usePopup']
let initialised = {}

function metaSettings() {
  const found = {}
  for (const name of names) {
    const tag = name.replace(/[A-Z]+/g, (letters) => '-' + letters.toLowerCase())
    const content = document.querySelector('meta[name="appleid-signin-' + tag + '"]')?.content
    if (content !== undefined) found[name] = name === 'usePopup' ? content === 'true' : content
  }
  return found
}

function given(config) {
  return Object.fromEntries(Object.entries(config ?? {}).filter(([, value]) => value !== undefined))
}

// The script's values stand above the page's.
function allSettings(config) {
  return { ...metaSettings(), ...initialised, ...given(config) }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problemsOf(settings) {
  const { clientId, redirectURI, usePopup = false } = settings
  const unknown = Object.keys(settings).filter((name) => !names.includes(name))
  const notText = ['clientId', 'scope', 'redirectURI', 'state', 'nonce'].filter(
    (name) => settings[name] !== undefined && typeof settings[name] !== 'string',
  )
  return [
    ...(appleUrl ? [] : ['load its script by a script tag with a src, as it is.']),
    ...unknown.map((name) => 'it does not know ' + name + ': its names are ' + names.join(', ') + '.'),
    ...notText.map((name) => name + ' must be a text.'),
    ...(clientId ? [] : ['clientId is missing, and the page has no meta tag appleid-signin-client-id.']),
    ...(redirectURI ? [] : ['redirectURI is missing, and the page has no meta tag appleid-signin-redirect-uri.']),
    ...(typeof usePopup === 'boolean' ? [] : ['usePopup must be true or false.']),
    ...(typeof redirectURI === 'string' && redirectURI ? redirectProblems(redirectURI, usePopup) : []),
  ]
}

function redirectProblems(redirectURI, usePopup) {
  if (!URL.canParse(redirectURI)) return ['redirectURI must be a whole URL.']
  const { origin, hash } = new URL(redirectURI)
  const fragment = hash === '' ? [] : ['redirectURI must have no fragment (#).']
  if (usePopup !== true || origin === location.origin) return fragment
  const why = 'redirectURI is on ' + origin + ' and this page on ' + location.origin
  return [...fragment, why + ': the popup then never closes, and this page hears nothing.']
}

function init(config) {
  initialised = isObject(config) ? given(config) : {}
  if (config !== undefined && !isObject(config)) complain('init', 'it takes one object.')
  for (const problem of problemsOf(allSettings())) complain('init', problem)
}

function complain(name, problem) {
  console.error('AppleID.auth.' + name + '(): ' + problem)
}
`
