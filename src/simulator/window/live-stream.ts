// https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { Response } from 'express'
import { changeOf } from './sequence.js'
import type { SimulatorWindow } from './simulator-window.js'

/** How often a stream without news is written to, so that nothing in between takes it for dead. */
const heartbeatMs = 15_000
/** How long a browser waits before it comes again. */
const retryMs = 1000

/** Where the page listens. */
export const exchangesPath = '/simulator/exchanges'

/** The most pages that are kept up to date at once. */
export const mostStreams = 50

/** What a page knows: so many changes of this run. */
export function positionOf({ log }: SimulatorWindow): string {
  return `${log.run}.${String(log.version())}`
}

/**
 * Sends the changes after a position, and each further one as it comes, until either side ends it. What a slow reader
 * has not taken yet waits in the log, not here.
 */
export function streamChanges(window: SimulatorWindow, res: Response, position: string): void {
  const { log, streams } = window
  let seen = Number(position.split('.')[1])
  res.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // Proxies that gather answers must not gather this one.
    'X-Accel-Buffering': 'no',
  })
  res.write(`retry: ${String(retryMs)}\n\n`)
  if (!position.startsWith(`${log.run}.`) || !Number.isSafeInteger(seen) || seen > log.version()) {
    res.end('event: restart\ndata:\n\n')
    return
  }

  function send(): void {
    for (const exchange of log.changedSince(seen)) {
      if (res.writableNeedDrain) return
      seen = exchange.version
      const data = JSON.stringify(changeOf(exchange))
      res.write(`id: ${log.run}.${String(seen)}\nevent: change\ndata: ${data}\n\n`)
    }
  }

  function end(): void {
    clearInterval(heartbeat)
    stopListening()
    streams.delete(end)
    res.end()
  }

  const stopListening = log.listen(send)
  const heartbeat = setInterval(() => res.write(':\n\n'), heartbeatMs).unref()
  streams.add(end)
  res.on('drain', send)
  res.on('close', end)
  send()
}
