import express, { type Request, type RequestHandler, type Response } from 'express'
import { OAuthError } from './oauth-error.js'
import { createParameters, parseParameters, type Parameters, shortName } from './parameters.js'

const formType = 'application/x-www-form-urlencoded'
const forms = new WeakMap<Request, Parameters>()
// Typed as Express's own: the body parser's type names Node's classes instead.
const readText: RequestHandler = express.text({ type: formType, limit: '64kb' })

/**
 * Reads a form of at most 64 KiB, whether or not an app around the simulator parsed it before.
 * @throws OAuthError `invalid_request` for another method, another content type, a repeated parameter or a large body;
 * `invalid_client` for a body that is not percent-encoded
 */
export async function readForm(req: Request, res: Response): Promise<Parameters> {
  if (req.method !== 'POST') throw new OAuthError('invalid_request', `the method is ${req.method}, not POST`)
  const mediaType = req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType !== formType) throw new OAuthError('invalid_request', `the content type is not ${formType}`)
  const form = parseBody(await readBody(req, res))
  forms.set(req, form)
  if (!form.wellFormed) throw new OAuthError('invalid_client', 'the body is not percent-encoded')
  if (form.repeated !== undefined) {
    throw new OAuthError('invalid_request', `the field ${shortName(form.repeated)} is repeated`)
  }
  return form
}

/** The form that `readForm` read, refused ones too. */
export function formOf(req: Request): Parameters | undefined {
  return forms.get(req)
}

async function readBody(req: Request, res: Response): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    readText(req, res, (error?: unknown) => {
      if (error === undefined) resolve()
      else reject(new OAuthError('invalid_request', 'the body cannot be read, or is larger than 64 KiB'))
    })
  })
  return req.body
}

// An app around the simulator may have parsed the body: then repeated parameters are arrays.
function parseBody(body: unknown): Parameters {
  if (typeof body === 'string') return parseParameters(body)
  const pairs = Object.entries(body ?? {}).flatMap(([name, value]) =>
    [value].flat().map((item): [string, string] => [name, typeof item === 'string' ? item : '']),
  )
  return createParameters(pairs)
}
