/** Variables as lines of an .env file; Node, dotenv and shells read them alike. */
export function envFileLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${/^[\w./:@,-]*$/.test(value) ? value : quoted(value)}\n`)
    .join('')
}

/** Line ends become `\n`, which readers of double quotes turn back, and a key's reader takes as it is. */
function quoted(value: string): string {
  return `"${value.trimEnd().replace(/\r?\n/g, '\\n')}"`
}
