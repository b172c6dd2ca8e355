/** Parses the text of one JSON object; undefined for anything else. Of members that come twice the last one counts. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    // Its message would quote the text.
    return undefined
  }
}

/** The same where no object may have a member twice, of which others might read the first one. */
export function parseStrictJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJsonObject(text)
  return value === undefined || hasMemberTwice(text) ? undefined : value
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
