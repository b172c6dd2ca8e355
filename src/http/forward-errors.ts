import type { NextFunction, Request, RequestHandler, Response } from 'express'

/** Makes a handler of an async function: what it rejects with goes to `next`, which Express 4 would not do by itself. */
export function forwardErrors(handler: (req: Request, res: Response) => Promise<void>): RequestHandler {
  return function withForwardedErrors(req: Request, res: Response, next: NextFunction) {
    handler(req, res).catch(next)
  }
}
