import type { SimulatorEndpoint } from '../request-log.js'
import type { Login } from './login.js'
import type { ShownField } from './shown-field.js'

/** What kind of exchange it is: an endpoint's, or one that no endpoint sees; a note says what somebody changed. */
export type ExchangeKind = SimulatorEndpoint | 'callback' | 'device' | 'notification' | 'note'

/** One exchange as it may be shown. It holds no code, token or secret. */
export interface Exchange {
  /** Counts from 1. */
  readonly id: number
  readonly kind: ExchangeKind
  readonly login: Login
  /** Milliseconds on the simulator's clock; of the latest, where several are one. */
  readonly at: number
  /** Method and place, or what a note says. */
  readonly line: string
  /** Of the grant type, or how the browser carries an answer. */
  readonly variant?: string
  /** 0 for none; undefined where the simulator cannot see the answer. */
  readonly status?: number
  readonly durationMs?: number
  readonly asked: readonly ShownField[]
  readonly answered: readonly ShownField[]
  readonly error?: string
  readonly reason?: string
  /** How many alike in a row it stands for. */
  readonly times: number
  /** Grows with every change of the log. */
  readonly version: number
}

/** What is known of an exchange before the log takes it. */
export type NewExchange = Omit<Exchange, 'id' | 'version' | 'times'>
