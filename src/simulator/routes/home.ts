import type { RequestHandler } from 'express'
import { sendAnswer } from '../answer.js'
import { homePage } from '../home/home-page.js'
import type { SimulatorState } from '../simulator-state.js'

/** GET /: what this is, what happens, who uses which app, and what the apps were told. */
export function homeRoute(state: SimulatorState): RequestHandler {
  return function home(req, res) {
    const { said } = req.query
    sendAnswer(res, homePage(state, { path: req.baseUrl, ...(typeof said === 'string' && { said: Number(said) }) }))
  }
}
