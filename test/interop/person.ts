import { WireBrowser } from '../properties/wire-browser.js'
import { appleUrl, type AppleAtHome } from './apple-at-home.js'

/** What a browser shows at last. */
export interface Page {
  readonly url: URL
  readonly status: number
  readonly text: string
}

interface Cookie {
  readonly value: string
  readonly crossesSites: boolean
}

interface Form {
  readonly action: URL
  readonly fields: Record<string, string>
}

/**
 * Somebody with a browser, which keeps cookies for one app and sends only those that say SameSite=None along with a post
 * from Apple's site. It follows redirects and runs no script but those that post a page's form.
 */
export class Person {
  readonly #cookies = new Map<string, Cookie>()

  constructor(
    readonly apple: AppleAtHome,
    readonly appUrl: string,
  ) {}

  /** Opens a page of the app, and whatever it leads to. */
  open(path: string): Promise<Page> {
    return this.#load(new URL(path, this.appUrl))
  }

  /** Where a login leads: Apple's authorize endpoint, with what the app asks for. */
  async authorizeUrl(): Promise<URL> {
    return (await this.open('/login')).url
  }

  /** Begins a login, and says yes to Apple as one of its people. Gives the page that the browser ends at. */
  async signIn(name: string, loginPath = '/login'): Promise<Page> {
    return this.#send(await this.agree(name, loginPath), appleUrl)
  }

  /** The same up to the form in which Apple's page posts the answer to the app. */
  async agree(name: string, loginPath = '/login'): Promise<Form> {
    const consent = await this.open(loginPath)
    const person = this.apple.simulator.people.find((one) => `${one.givenName} ${one.familyName}` === name)
    const [form] = formsOf(consent)
    if (form === undefined || person === undefined) throw new Error(`${loginPath} led to ${consent.text}`)
    const answer = await this.#load(form.action, { decision: 'continue', person: person.id })
    const [posted] = formsOf(answer)
    if (posted === undefined) throw new Error(`Apple answered ${String(answer.status)}: ${answer.text}`)
    return posted
  }

  /** Posts a form from another site's page to the app. */
  deliver(form: Form): Promise<Page> {
    return this.#send(form, appleUrl)
  }

  async #send({ action, fields }: Form, from: string): Promise<Page> {
    const page = await this.#load(action, fields, from)
    const [again] = formsOf(page)
    // The app's own page has the same fields posted again, which now brings every cookie along.
    return again !== undefined && /\.submit\(\)/.test(page.text) ? this.#load(again.action, again.fields) : page
  }

  async #load(url: URL, fields?: Record<string, string>, from?: string): Promise<Page> {
    const isApp = url.origin === this.appUrl
    const crossesSites = from !== undefined
    const server = new WireBrowser(isApp ? this.appUrl : this.apple.plainUrl)
    server.cookie = isApp ? this.#cookieHeader(crossesSites) : undefined
    const { status, headers, text } = await server.send({
      method: fields === undefined ? 'GET' : 'POST',
      path: `${url.pathname}${url.search}`,
      headers: {
        accept: 'text/html,*/*;q=0.8',
        'sec-fetch-site': crossesSites ? 'cross-site' : 'same-origin',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        'sec-fetch-user': '?1',
        // As the proxy says that speaks https for the app; Secure cookies go to localhost either way.
        'x-forwarded-proto': 'https',
        ...(fields !== undefined && {
          origin: from ?? url.origin,
          'content-type': 'application/x-www-form-urlencoded',
        }),
      },
      ...(fields !== undefined && { body: new URLSearchParams(fields).toString() }),
    })
    if (isApp) this.#keep(headers['set-cookie'] ?? [])
    if (headers.location !== undefined) return this.#load(new URL(headers.location, url))
    return { url, status, text }
  }

  #cookieHeader(crossesSites: boolean): string | undefined {
    const sent = [...this.#cookies].filter(([, cookie]) => cookie.crossesSites || !crossesSites)
    return sent.length === 0 ? undefined : sent.map(([name, { value }]) => `${name}=${value}`).join('; ')
  }

  #keep(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      const isGone = value === '' || /expires=Thu, 01 Jan 1970/i.test(cookie)
      const crossesSites = /;\s*samesite=none/i.test(cookie) && /;\s*secure/i.test(cookie)
      if (isGone) this.#cookies.delete(name)
      else this.#cookies.set(name, { value, crossesSites })
    }
  }
}

function formsOf({ url, text }: Page): Form[] {
  return [...text.matchAll(/<form[^>]* action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].map(
    ([, action = '', inner = '']) => {
      const inputs = inner.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
      const fields = Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, unescapeHtml(value)]))
      return { action: new URL(unescapeHtml(action), url), fields }
    },
  )
}

function unescapeHtml(text: string): string {
  const entities: Partial<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (entity, name: string) => entities[name] ?? entity)
}
