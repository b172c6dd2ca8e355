/** A form that posts. */
export interface HtmlForm {
  /** As written in the page; empty for the page itself. */
  readonly action: string
  /** The hidden fields. */
  readonly fields: Readonly<Record<string, string>>
}

/** Finds the page's first form that posts. */
export function readForm(html: string): HtmlForm | undefined {
  const form = /<form\b[^>]*\bmethod="post"[^>]*>/i.exec(html)
  if (form === null) return undefined
  const inputs = [...html.matchAll(/<input\b[^>]*\btype="hidden"[^>]*>/gi)]
  const fields = inputs.map(([tag]) => [attribute(tag, 'name'), attribute(tag, 'value')] as const)
  return { action: attribute(form[0], 'action'), fields: Object.fromEntries(fields) }
}

/** Finds the form of a page that a browser posts at once, by the page's own script. */
export function readSelfPostingForm(html: string): HtmlForm | undefined {
  return /<script\b[^>]*>[^<]*\.submit\(\)/i.test(html) ? readForm(html) : undefined
}

/** What a person reads on a page, in one line. */
export function visibleText(html: string): string {
  const withoutCode = html.slice(0, 64 * 1024).replace(/<(style|script|title)\b[\s\S]*?<\/\1>/gi, ' ')
  return unescapeHtml(withoutCode.replace(/<[^<>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
}

// Empty also where there is none.
function attribute(tag: string, name: string): string {
  const [value = ''] = [...tag.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'gi'))].map(([, found = '']) => found)
  return unescapeHtml(value)
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
}
