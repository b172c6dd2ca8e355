import { createHash } from 'node:crypto'
import escapeHtml from 'escape-html'
import type { Answer } from './answer.js'
import { stylesheet } from './stylesheet.js'
import { windowStylesheet } from './window/window-stylesheet.js'

/** What a page is made of; `main` is HTML and must be escaped already. */
export interface Page {
  readonly title: string
  readonly main: string
  /** Constant script text; never anything that came with a request. */
  readonly script?: string
  /** Whether it is the simulator's window, whose script asks for more. Default: false. */
  readonly isLive?: boolean
}

const styleHash = contentHash(stylesheet)
const liveStyles = `${stylesheet}${windowStylesheet}`
const liveStyleHash = contentHash(liveStyles)

/** Answers an HTML page that loads nothing from elsewhere, cannot be framed and is not stored. Default status: 200. */
export function pageAnswer({ title, main, script, isLive = false }: Page, status = 200): Answer {
  const styles = isLive ? liveStyles : stylesheet
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': contentSecurityPolicy(isLive ? liveStyleHash : styleHash, script, isLive),
      // Apple's form_post carries an Origin, so the policy must not be no-referrer, which turns it into null.
      'Referrer-Policy': 'strict-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      // A popup has to keep its opener, also below an app that says otherwise.
      'Cross-Origin-Opener-Policy': 'unsafe-none',
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Apple simulator</title>
<link rel="icon" href="data:,">
<style>${styles}</style>
</head>
<body>
<p class="notice"><strong>Apple simulator</strong> <span>Nothing on this page reaches Apple.</span></p>
<main>
${main}
</main>
${script === undefined ? '' : `<script>${script}</script>\n`}</body>
</html>
`,
  }
}

function contentSecurityPolicy(style: string, script: string | undefined, isLive: boolean): string {
  return [
    "default-src 'none'",
    'img-src data:',
    `style-src '${style}'`,
    ...(script === undefined ? [] : [`script-src '${contentHash(script)}'`]),
    ...(isLive ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "frame-ancestors 'none'",
    // No form-action: the form_post goes to the app's site, and Chromium also applies form-action to the redirect that
    // follows a form, so any value would break the way back to the app.
  ].join('; ')
}

function contentHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
