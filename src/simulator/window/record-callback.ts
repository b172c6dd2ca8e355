import type { AuthorizationRequest } from '../authorization-request.js'
import type { ResponseFields } from '../authorization-response.js'
import type { SimulatorState } from '../simulator-state.js'
import type { Login } from './login.js'

const ways: Readonly<Partial<Record<string, (uri: string) => string>>> = {
  query: (uri) => `GET ${uri}?…`,
  fragment: (uri) => `GET ${uri}#…`,
  form_post: (uri) => `POST ${uri}`,
}

/** Puts into the window what the browser carries to the app. Whether it arrives, the simulator cannot see. */
export function recordCallback(
  { window: { log, redaction }, config }: SimulatorState,
  login: Login,
  { redirectUri, responseMode }: AuthorizationRequest,
  fields: ResponseFields,
): void {
  const way = ways[responseMode] ?? ((uri: string) => `postMessage to ${new URL(uri).origin}`)
  log.add({
    kind: 'callback',
    login,
    at: config.now(),
    line: redaction.words(way(redirectUri.split('?', 1)[0] ?? '')),
    variant: responseMode,
    asked: Object.entries(fields).map(([name, value]) => redaction.field(name, value)),
    answered: [],
    ...(fields.error !== undefined && { error: fields.error }),
  })
}
