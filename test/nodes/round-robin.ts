import { Agent, createServer, ServerResponse } from 'node:http'
import { createProxyServer } from 'httpxy'

// A reverse proxy in front of all nodes, as a process of its own. Each request goes to the next node, whoever sends it.

/** How long a node that refused a connection gets no request, as nginx's `fail_timeout` does. */
const failTimeoutMs = 1000

interface Upstream {
  readonly target: string
  /** Milliseconds since 1970. */
  downUntil: number
}

let upstreams: Upstream[] = []
let next = 0

const proxy = createProxyServer({ xfwd: true, changeOrigin: true, agent: new Agent({ keepAlive: true }) })

// Whether the node has done its work nobody knows, so the request is not sent to another: the person decides.
proxy.on('error', (_error, _req, res, target) => {
  const upstream = upstreams.find((one) => target instanceof URL && target.origin === one.target)
  if (upstream !== undefined) upstream.downUntil = Date.now() + failTimeoutMs
  if (!(res instanceof ServerResponse)) return
  if (res.headersSent) res.destroy()
  else res.writeHead(502, { 'content-type': 'text/plain' }).end('Bad Gateway')
})

const server = createServer((req, res) => {
  const upstream = choose()
  if (upstream === undefined) res.writeHead(503).end()
  else void proxy.web(req, res, { target: upstream.target })
})
server.keepAliveTimeout = 600_000

process.on('message', (message: { ports: number[] }) => {
  upstreams = message.ports.map((port) => ({ target: `http://127.0.0.1:${String(port)}`, downUntil: 0 }))
})
// The test that started it is gone.
process.on('disconnect', () => process.exit())

server.listen(0, 'localhost', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
})

/** The next node that is not known to be down; where all are, the next one. */
function choose(): Upstream | undefined {
  const now = Date.now()
  const inTurn = upstreams.map((_, index) => (next + index) % upstreams.length)
  const chosen = inTurn.find((index) => (upstreams[index]?.downUntil ?? 0) <= now) ?? inTurn[0] ?? 0
  next = chosen + 1
  return upstreams[chosen]
}
