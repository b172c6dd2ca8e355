import type { Request, Response } from 'express'
import { emptyAnswer, type Answer } from './answer.js'
import type { FaultOptions } from './faults.js'

/** What a fault left of a request: the usual answer, another answer, or none. */
export type Strike = 'delayed' | { readonly reason: string; readonly answer: Answer | undefined }

/** Lets a fault do its work on one request. */
export async function strike(fault: FaultOptions, req: Request, res: Response): Promise<Strike> {
  const { status, delayMs = 0, connection, retryAfterSeconds } = fault
  if (delayMs > 0 && !(await pause(delayMs, res))) {
    return { reason: 'the app went away while fail() delayed the answer', answer: undefined }
  }
  if (connection === 'hang') return { reason: 'fail() asked for no answer', answer: undefined }
  if (connection === 'reset') {
    req.socket.resetAndDestroy()
    return { reason: 'fail() asked to cut the connection', answer: undefined }
  }
  if (status === undefined) return 'delayed'
  const { headers, ...answer } = emptyAnswer(status)
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'X-Retry-After': String(retryAfterSeconds) }
  return {
    reason: `fail() asked for ${String(status)}`,
    answer: { ...answer, headers: { ...headers, ...retryAfter } },
  }
}

/** Waits; answers false when the connection closed before. */
function pause(milliseconds: number, res: Response): Promise<boolean> {
  return new Promise((resolve) => {
    const leave = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      res.off('close', leave)
      resolve(true)
    }, milliseconds)
    res.once('close', leave)
  })
}
