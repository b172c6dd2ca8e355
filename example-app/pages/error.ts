import { AppleAuthError, AppleLoginRequiredError } from 'express-apple-auth'
import type { ErrorRequestHandler, Request } from 'express'

/** Shows visitors a neutral sentence, and the operator what happened. */
export const errorPage: ErrorRequestHandler = (error: unknown, req, res, next) => {
  if (res.headersSent) {
    next(error)
    return
  }
  const startAgain = beginningOf(req, error)
  if (error instanceof AppleAuthError) {
    console.error(`${error.code}: ${error.message}`, error.details)
    res.status(error.status).set(error.headers)
    res.render('error', { message: error.publicMessage, code: error.code, startAgain })
  } else {
    console.error(error)
    const message = 'Something went wrong here. Please try again.'
    res.status(500).render('error', { message, code: undefined, startAgain })
  }
}

function beginningOf({ originalUrl }: Request, error: unknown): string {
  if (!/^\/(auth\/)?school\b/.test(originalUrl)) return '/auth/apple/login?returnTo=/account'
  return error instanceof AppleLoginRequiredError ? '/auth/school/login?returnTo=/school' : '/school'
}
