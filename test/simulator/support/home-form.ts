import { encodeForm, form, type Fields } from './app.js'

/** A form as the home page shows it. */
export interface HomeForm {
  action: string
  fields: Fields
}

/** The forms of the "Stop using this app" buttons, from the top. */
export async function buttonForms(url: string): Promise<HomeForm[]> {
  const html = await (await fetch(url)).text()
  return [...html.matchAll(/<form method="post" action="([^"]*)">([\s\S]*?)<\/form>/g)].map(
    ([, action = '', inner = '']) => {
      const inputs = inner.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
      return { action, fields: Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value])) }
    },
  )
}

/** Posts a form as a client that is no browser, unless the headers say otherwise; follows no redirect. */
export function submit(
  base: string,
  { action, fields }: HomeForm = { action: '/', fields: {} },
  headers: Record<string, string> = {},
): Promise<Response> {
  const { headers: type, ...post } = form(encodeForm(fields))
  return fetch(new URL(action, base), { ...post, headers: { ...(type as object), ...headers }, redirect: 'manual' })
}
