import type { AppleSimulator } from '../../src/simulator/index.js'

/** What the browser brings from Apple to the app: a form to post where there are fields, else an address to open. */
export interface AppleAnswer {
  /** The path with its query, as the browser sees it. */
  readonly path: string
  readonly fields: Readonly<Record<string, string>>
}

/** Says yes on the simulator's consent page as the person of that name. */
export async function consent(simulator: AppleSimulator, authorizeUrl: string, name: string): Promise<AppleAnswer> {
  const page = await (await fetch(authorizeUrl)).text()
  const [, action = ''] = /<form method="post" action="([^"]*)"/.exec(page) ?? []
  const answer = await fetch(new URL(action, authorizeUrl), {
    method: 'POST',
    body: new URLSearchParams({ person: idOf(simulator, name), decision: 'continue' }),
    redirect: 'manual',
  })
  const location = answer.headers.get('location')
  if (location !== null) return { path: pathOf(location), fields: {} }
  return readForm(await answer.text())
}

/** Reads a page's form, of which a browser would post the fields by itself. */
export function readForm(page: string): AppleAnswer {
  const [, action = ''] = /<form [^>]*action="([^"]*)"/.exec(page) ?? []
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  const fields = inputs.map(([, field = '', value = '']) => [field, value.replaceAll('&quot;', '"')] as const)
  return { path: pathOf(action), fields: Object.fromEntries(fields) }
}

function idOf({ people }: AppleSimulator, name: string): string {
  const person = people.find(({ givenName, familyName }) => `${givenName} ${familyName}` === name)
  if (person === undefined) throw new Error(`No ${name} in the simulator.`)
  return person.id
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url, 'http://site.invalid')
  return pathname + search
}
