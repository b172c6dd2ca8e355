import type { RequestHandler } from 'express'
import { emptyAnswer, jsonAnswer, sendAnswer } from '../answer.js'
import { movingParts } from '../home/moving-parts.js'
import { refuseOtherSites } from '../own-site.js'
import type { SimulatorState } from '../simulator-state.js'
import { mostStreams, positionOf, streamChanges } from '../window/live-stream.js'

/** GET of the exchanges as they happen, for the simulator's own page. */
export function exchangesRoute({ window, config }: SimulatorState): RequestHandler {
  return function exchanges(req, res) {
    const refusal = refuseOtherSites(req, config.baseUrl)
    if (refusal !== undefined) {
      sendAnswer(res, refusal)
    } else if (window.streams.size >= mostStreams) {
      sendAnswer(res, emptyAnswer(503))
    } else {
      // A browser that comes again says by the header what it has, more recent than the address.
      const given = req.get('last-event-id') ?? req.query.since
      streamChanges(window, res, typeof given === 'string' ? given : positionOf(window))
    }
  }
}

/** GET of the other parts of the page that change by themselves, as JSON of HTML. */
export function movingPartsRoute(state: SimulatorState): RequestHandler {
  return function parts(req, res) {
    sendAnswer(res, refuseOtherSites(req, state.config.baseUrl) ?? jsonAnswer(movingParts(state, req.baseUrl)))
  }
}
