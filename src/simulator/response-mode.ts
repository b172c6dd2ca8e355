import { PageError } from './oauth-error.js'
import type { Parameters } from './parameters.js'
import { services, type ResponseType, type SimulatorService } from './services.js'

/** How the answer travels back to the app; `web_message` is Apple JS's popup, which Apple documents nowhere. */
export type ResponseMode = 'query' | 'fragment' | 'form_post' | 'web_message'

const responseModes: readonly string[] = ['query', 'fragment', 'form_post'] satisfies ResponseMode[]

/** How a request wants its answer. */
export interface ResponseDelivery {
  readonly responseMode: ResponseMode
  /** The popup, as the page that opened it calls it; undefined without one. */
  readonly frameId: string | undefined
}

/**
 * Reads response_mode and what belongs to it.
 * @throws PageError `invalid_request`
 */
export function parseResponseDelivery(
  service: SimulatorService,
  parameters: Parameters,
  responseType: ResponseType,
  scopes: readonly string[],
): ResponseDelivery {
  const asked = parameters.get('response_mode')
  if (asked === 'web_message' && responseType === 'code id_token') {
    return { responseMode: asked, frameId: parseFrameId(parameters) }
  }
  if (services[service].scopeNeedsFormPost && scopes.length > 0 && asked !== 'form_post') {
    throw new PageError(
      'invalid_request',
      'A scope was asked for, so the request needs response_mode=form_post.',
      'response_mode must be form_post when name or email scope is requested.',
    )
  }
  // The defaults of OAuth 2.0 Multiple Response Types: Apple names none.
  const responseMode = asked ?? (responseType === 'code' ? 'query' : 'fragment')
  if (!isResponseMode(responseMode)) {
    throw new PageError('invalid_request', 'The response_mode is not query, fragment or form_post.')
  }
  if (responseMode === 'query' && responseType !== 'code') {
    throw new PageError('invalid_request', 'An id_token is returned by fragment or form_post only.')
  }
  return { responseMode, frameId: undefined }
}

function isResponseMode(mode: string): mode is ResponseMode {
  return responseModes.includes(mode)
}

/** Apple's script sends these three with every popup, and nobody else knows web_message. */
function parseFrameId(parameters: Parameters): string {
  const frameId = parameters.get('frame_id')
  const isUuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(frameId ?? '')
  const isScript = /^\d{1,3}$/.test(parameters.get('m') ?? '') && /^\d+(\.\d+){2}$/.test(parameters.get('v') ?? '')
  if (frameId !== undefined && isUuid && isScript) return frameId
  throw new PageError(
    'invalid_request',
    "The response_mode web_message is for the popup of Apple's script, which sends frame_id (a UUID), m and v with it.",
  )
}
