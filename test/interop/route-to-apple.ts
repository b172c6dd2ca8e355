import { type NetConnectOpts, Socket } from 'node:net'

// Loaded before a client: its connections to Apple end at the Apple on this machine, and none leaves the machine. Every
// way to connect, by fetch, http or https, comes through here.

type Connect = (this: Socket, options: NetConnectOpts, listener?: () => void) => Socket

const here = ['localhost', '127.0.0.1', '::1']
const port = Number(process.env.APPLE_AT_HOME_PORT)
const connect = Reflect.get(Socket.prototype, 'connect') as Connect

Reflect.set(Socket.prototype, 'connect', function (this: Socket, ...args: unknown[]): Socket {
  const { options, listener } = parse(args)
  return connect.call(this, lead(options), listener)
})

function lead(options: NetConnectOpts): NetConnectOpts {
  if (!('port' in options)) return options
  const { host = 'localhost' } = options
  if (here.includes(host)) return options
  // What TLS compares the certificate with stays Apple's name: callers put it into `servername`.
  if (host === 'appleid.apple.com' && String(options.port) === '443') return { ...options, host: '127.0.0.1', port }
  return {
    ...options,
    // An address would not be looked up.
    host: 'nowhere.invalid',
    lookup(_name, _options, done) {
      done(new Error(`No connection to ${host} leaves this machine.`), '')
    },
  }
}

/** Reads what net's connect takes: options, a port and perhaps a host, or a path. Node's own callers pass one list. */
function parse(args: unknown[]): { options: NetConnectOpts; listener?: () => void } {
  const [first, ...rest] = (Array.isArray(args[0]) ? args[0] : args) as unknown[]
  const listener = rest.find((arg) => typeof arg === 'function') as (() => void) | undefined
  const found = listener === undefined ? {} : { listener }
  if (typeof first === 'object') return { options: first as NetConnectOpts, ...found }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { options: { path: first }, ...found }
  const [host] = rest
  return { options: { port: Number(first), ...(typeof host === 'string' && { host }) }, ...found }
}
