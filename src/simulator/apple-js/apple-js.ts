import { settingsScript } from './settings-script.js'
import { signInScript } from './sign-in-script.js'

/**
 * A stand-in for Apple's script, by its documented surface: `AppleID.auth.init()` and `AppleID.auth.signIn()`, the meta
 * tags and the two events.
 *
 * It asks the simulator that it was loaded from, wherever that is mounted. It draws no button.
 *
 * @see https://developer.apple.com/documentation/signinwithapple/configuring-your-webpage-for-sign-in-with-apple
 */
export const appleJs = `// The Apple simulator's stand-in for Sign in with Apple JS. Nothing here reaches Apple.
(() => {
'use strict'

const [appleUrl] = (document.currentScript?.src ?? '').split('/appleauth/static/')
${settingsScript}${signInScript}
window.AppleID = { auth: { init, signIn } }
})()
`
