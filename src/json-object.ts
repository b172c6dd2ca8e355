/**
 * Parses the text of one JSON object in which no object has a member twice, of which JSON.parse would keep the last and
 * others the first; undefined for anything else.
 */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) && !hasMemberTwice(text) ? value : undefined
  } catch {
    return undefined
  }
}

/** Is this a JSON object: neither a list nor null? */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Looks through text that is known to be JSON, where a string before a colon is always a member's name. */
function hasMemberTwice(json: string): boolean {
  const open: Set<unknown>[] = []
  for (const [token, name] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (name !== undefined) {
      const names = open.at(-1)
      const unescaped: unknown = JSON.parse(name)
      if (names?.has(unescaped) === true) return true
      names?.add(unescaped)
    }
  }
  return false
}
