import type { Response, Test } from 'supertest'

/** Sends a body as it is, whatever its type says: supertest would encode a Buffer as JSON. */
export function sendRaw(
  request: Test,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  return request
    .set('Content-Type', type)
    .set(headers)
    .serialize((value: unknown) => value as string)
    .send(body as string)
    .then()
}
