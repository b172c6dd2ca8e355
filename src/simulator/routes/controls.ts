import type { RequestHandler } from 'express'
import { takeHomeForm } from '../home/home-form.js'
import { homePage } from '../home/home-page.js'
import type { Parameters } from '../parameters.js'
import type { SimulatorState } from '../simulator-state.js'
import { behave, change, expireAccessTokens, fail, rotateKeys } from '../window/controls.js'
import { readFault } from '../window/fault-form.js'
import type { Outcome } from '../window/outcome.js'
import { readChanges } from '../window/person-forms.js'

/** POST of the button that changes the signing keys. */
export function rotateKeysRoute(state: SimulatorState): RequestHandler {
  return takeHomeForm(state, () => rotateKeys(state))
}

/** POST of the button that ends every access token. */
export function expireTokensRoute(state: SimulatorState): RequestHandler {
  return takeHomeForm(state, () => expireAccessTokens(state))
}

/** POST of the form that lets an endpoint fail. */
export function failRoute(state: SimulatorState): RequestHandler {
  return takeCheckedForm(state, (form) => fail(state, readFault(form)))
}

/** POST of the button that calls the failures off. */
export function behaveRoute(state: SimulatorState): RequestHandler {
  return takeHomeForm(state, () => behave(state))
}

/** POST of the form that changes a person. */
export function changePersonRoute(state: SimulatorState): RequestHandler {
  return takeCheckedForm(state, (form) => {
    const { id, changes } = readChanges(form)
    return change(state, id, changes)
  })
}

function takeCheckedForm(state: SimulatorState, carryOut: (form: Parameters) => Outcome): RequestHandler {
  return takeHomeForm(state, (form, req) => {
    try {
      return carryOut(form)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      const alert = `Nothing was changed: ${error.message.replace(/^\w+: /, '')}`
      return homePage(state, { path: req.baseUrl, alert }, 400)
    }
  })
}
