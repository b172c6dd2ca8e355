import type { RequestHandler } from 'express'
import { sendAnswer } from '../answer.js'
import { homePage } from '../home/home-page.js'
import type { SimulatorState } from '../simulator-state.js'

/** GET /: what this is, who uses which app, and what the apps were told. */
export function homeRoute(state: SimulatorState): RequestHandler {
  return function home(req, res) {
    sendAnswer(res, homePage(state, { path: req.baseUrl }))
  }
}
