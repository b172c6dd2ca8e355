import express, { type Request, type RequestHandler, type Response } from 'express'
import type { AppleAuthError, AppleAuthErrorOptions } from '../errors.js'

/** What a route takes as its body. */
export interface BodyRules {
  /** The media type, or all that are taken; always in UTF-8. */
  readonly type: string | readonly string[]
  /** What errors call the request, such as "callback". */
  readonly name: string
  readonly createError: (message: string, options?: AppleAuthErrorOptions) => AppleAuthError
}

/** The body as text, or as what a parser of the app's own made of it before. */
export type ReadBody = (req: Request, res: Response) => Promise<string | Readonly<Record<string, unknown>>>

/** The largest body, in bytes. */
const maxBytes = 64 * 1024

/**
 * Makes the reader of one route's bodies, whether or not the app has parsed them before.
 *
 * @throws the rules' error (from the returned function): 415 for another type, 413 for more than 64 KiB, 400 for a body
 * that was read and not kept, or cannot be read
 */
export function createReadBody({ type, name, createError }: BodyRules): ReadBody {
  const types = [type].flat()
  const parse: RequestHandler = express.text({ type: types, limit: maxBytes, inflate: false })

  const tooLarge = (): AppleAuthError =>
    createError(`The ${name} takes at most ${String(maxBytes)} bytes.`, { status: 413 })

  function translate(error: unknown): AppleAuthError {
    const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 400
    if (status === 413) return tooLarge()
    return createError(`The body of the ${name} cannot be read.`, {
      status: status >= 400 && status < 500 ? status : 400,
    })
  }

  function readText(req: Request, res: Response): Promise<string> {
    if (req.readableEnded) {
      throw createError(
        `The body of the ${name} was read before the Apple router, and req.body was not set: mount the router first.`,
      )
    }
    return new Promise((resolve, reject) => {
      // A placeholder would keep the parser from reading.
      req.body = undefined
      parse(req, res, (error?: unknown) => {
        const body: unknown = req.body
        if (error === undefined || error === null) resolve(typeof body === 'string' ? body : '')
        else reject(translate(error))
      })
    })
  }

  function write(parsedByApp: unknown): string {
    try {
      return JSON.stringify(parsedByApp)
    } catch (cause) {
      // Nested thousands of times: JSON.parse goes deeper than JSON.stringify.
      throw createError(`The body of the ${name} cannot be read.`, { cause })
    }
  }

  return async function readBody(req, res) {
    if (!types.includes(mediaType(req)) || !isUtf8(req)) {
      throw createError(`The ${name} takes ${types.join(' or ')} in UTF-8 alone.`, { status: 415 })
    }
    if (Number(req.get('content-length') ?? 0) > maxBytes) throw tooLarge()
    const parsedByApp: unknown = req.body
    if (parsedByApp === undefined || isEmptyPlaceholder(req)) return readText(req, res)
    const isText = typeof parsedByApp === 'string' || Buffer.isBuffer(parsedByApp)
    const text = isText ? String(parsedByApp) : write(parsedByApp)
    // With a chunked body the app's own parser may have let more through.
    if (text.length > maxBytes) throw tooLarge()
    if (isText) return text
    if (typeof parsedByApp === 'object' && parsedByApp !== null) return parsedByApp as Record<string, unknown>
    throw createError(`The body of the ${name} cannot be read.`)
  }
}

/** The media type that a request gives its body, in lower case and without parameters; empty where it gives none. */
export function mediaType(req: Request): string {
  return contentType(req)[0]?.trim() ?? ''
}

function isUtf8(req: Request): boolean {
  const [, ...parameters] = contentType(req)
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='))
  return /^(charset="?utf-8"?)?$/.test(charset ?? '')
}

function contentType(req: Request): string[] {
  return (req.get('content-type') ?? '').toLowerCase().split(';')
}

/** Express 4 parsers leave an empty object where they read nothing. */
function isEmptyPlaceholder(req: Request): boolean {
  const body: unknown = req.body
  return !req.readableEnded && typeof body === 'object' && body !== null && Object.keys(body).length === 0
}
