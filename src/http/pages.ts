import { createHash } from 'node:crypto'
import escapeHtml from 'escape-html'

/** The router's few pages: plain HTML that works without anything from elsewhere. */

const style = `
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
body { display: grid; min-height: 90vh; place-content: center; text-align: center; margin: 1rem }
button { font: inherit; font-weight: 600; padding: .6rem 1.6rem; border: 0; border-radius: .6rem; cursor: pointer;
  background: CanvasText; color: Canvas }
button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px }
`

const submitScript = `document.forms[0].submit()`

/** One policy for all of the router's answers: nothing but the style and the script above. */
export const contentSecurityPolicy = {
  // No form-action: Chromium applies it to the redirects that follow a form, and would silently stop one that leads on
  // to Apple or to the app's other hosts. The forms here have constant actions and escaped fields.
  'default-src': ["'none'"],
  'script-src': [hashSource(submitScript)],
  'style-src': [hashSource(style)],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/** A page that posts fields to a path of this site by itself, or at the press of a button where scripts are off. */
export function postingPage(path: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  )
  return page(
    'Signing in',
    `<form method="post" action="${escapeHtml(path)}">${inputs.join('')}
<p>One moment, signing you in …</p>
<noscript><p>Your browser runs no scripts here, so one more click is needed.</p><button>Continue</button></noscript>
</form><script>${submitScript}</script>`,
  )
}

/** A page that asks before it signs the person out. */
export function logoutPage(path: string): string {
  return page(
    'Sign out',
    `<form method="post" action="${escapeHtml(path)}"><p>Do you want to sign out?</p><button>Sign out</button></form>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main>${body}</main></body></html>
`
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
