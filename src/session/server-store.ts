import type { AppleStore } from '../config/options.js'

/** A store that holds connections to a server. */
export interface ServerStore extends AppleStore {
  disconnect(): Promise<void>
}

/** Makes a store at a URL; its packages have been loaded by then. */
export type Connect = (url: string) => ServerStore

/** Everything of ours lies below this name, so that the server may hold other things too. */
export const namespace = 'express-apple-auth'
/** How long a server may take to accept a connection, in milliseconds. */
export const connectTimeoutMs = 3000
