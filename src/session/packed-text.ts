/**
 * Short texts for values that rest in the app's session. express-session stringifies the whole session several times per
 * request, whoever asks for it: one text costs it less than an object, and one without quotes less than JSON in JSON.
 */

/** What would end a field, or would not stand in JSON as it is. */
const special = /[^!#-$&-[\]-{}~]/gu

/** Puts fields into one text without spaces. */
export function pack(fields: readonly (string | number)[]): string {
  return fields.map((field) => escape(String(field))).join('|')
}

/** Takes a packed text apart; undefined for one that nothing packed. */
export function unpack(text: string): readonly string[] | undefined {
  try {
    return text.split('|').map(unpackField)
  } catch {
    return undefined
  }
}

/** One field of a packed text as it was. @throws URIError for one that nothing packed */
export function unpackField(field: string): string {
  return field.includes('%') ? decodeURIComponent(field) : field
}

function escape(text: string): string {
  if (text.search(special) === -1) return text
  // By way of bytes, which know no halves of characters: encodeURIComponent throws at those.
  return Buffer.from(text).toString().replace(special, encodeURIComponent)
}
