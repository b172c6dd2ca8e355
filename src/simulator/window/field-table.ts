import escapeHtml from 'escape-html'
import { explanationOf } from './explanations.js'
import type { Shown, ShownField } from './shown-field.js'

const colours = 6

/** Shows parameters, fields and what a token says, each with a sentence on what it is; nothing for no field. */
export function fieldTable(caption: string, fields: readonly ShownField[]): string {
  if (fields.length === 0) return ''
  return `<table class="parameters"><caption>${escapeHtml(caption)}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Value</th><th scope="col">What it is</th></tr></thead>
<tbody>
${fields.map((field) => row(field)).join('\n')}
</tbody></table>`
}

function row({ name, value }: ShownField, whose = ''): string {
  const parts = 'parts' in value ? value.parts.map((part) => row(part, name)) : []
  const cells = `<th scope="row">${whose === '' ? '' : `<span class="whose">${escapeHtml(whose)}</span> `}<code>${escapeHtml(name)}</code></th>
<td>${valueOf(value)}</td><td class="meaning">${escapeHtml(explanationOf(name))}</td>`
  return [`<tr${whose === '' ? '' : ' class="part"'}>${cells}</tr>`, ...parts].join('\n')
}

/** Shows a value, or the tag of a secret. */
function valueOf(value: Shown): string {
  if ('text' in value) return `<code>${escapeHtml(value.text)}</code>`
  if ('parts' in value) return '<span class="hidden">decoded below, signature hidden</span>'
  return `${tagOf(value.tag)} <span class="hidden">${String(value.length)} characters, hidden</span>`
}

/** Shows a tag, in a colour that the same tag always has. */
export function tagOf(tag: string): string {
  return `<span class="tag colour-${String(Number.parseInt(tag, 16) % colours)}">#${tag}</span>`
}
