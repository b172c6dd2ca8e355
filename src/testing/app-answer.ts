import { visibleText } from './html-form.js'

const longest = 300

/** Says what an app answered, for the message of an error: status and visible text, without tokens and stack. */
export function describeAnswer({ status, text }: { readonly status: number; readonly text: string }): string {
  const seen = redact(withoutStack(text.trimStart().startsWith('<') ? visibleText(text) : text.trim()))
  const shown = seen.length > longest ? `${seen.slice(0, longest)} …` : seen
  return shown === '' ? String(status) : `${String(status)}: ${shown}`
}

// Codes, access and refresh tokens, JWTs and keys, as Apple makes them.
function redact(text: string): string {
  return text
    .replace(/\b[acr][0-9a-f]{32}\.0\.[\w.-]+/g, '[redacted]')
    .replace(/\beyJ[\w-]*(\.[\w-]*)*/g, '[redacted]')
    .replace(/-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g, '[redacted]')
}

// Express shows a stack below the message while NODE_ENV is not production.
function withoutStack(text: string): string {
  return text.replace(/\s+at (?:async )?(?:\S+ )?\(?(?:file:|node:|\/|[A-Za-z]:\\)[\s\S]*/, '')
}
