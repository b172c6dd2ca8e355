import type { AuthorizationRequest } from '../authorization-request.js'
import type { ResponseFields } from '../authorization-response.js'
import type { RequestNote } from '../request-log.js'

/** What an endpoint tells of its work: the record of the request, and more for the window. */
export interface EndpointNote extends RequestNote {
  /** The login that it is about. */
  about?: AuthorizationRequest
  /** What the browser carries to the app. */
  handedOver?: ResponseFields
}
