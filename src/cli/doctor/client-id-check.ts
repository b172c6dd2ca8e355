import { shown } from '../shown.js'
import { type Check, ok, problem, warning } from './check.js'
import type { Patient } from './patient.js'

/** Looks for ids that Apple cannot know, or knows as something else. */
export function checkClientId({ raw, variable }: Patient): Check[] {
  const clientId = raw('clientId') ?? ''
  const name = variable('clientId')
  if (/^(SCHOOLAPI|BUSINESSAPI)\./.test(clientId)) {
    return [
      problem(
        'client-id',
        `${name} begins with ${clientId.split('.')[0] ?? ''}., so it belongs to the API that Apple School Manager offers ` +
          'to an organization itself: another product, with other keys.',
        'Use the Services ID or App ID of your developer team (Certificates, Identifiers & Profiles > Identifiers), and a ' +
          'key from Keys there.',
      ),
    ]
  }
  if (!/^[A-Za-z0-9._-]+$/.test(clientId) || clientId.length > 255) {
    return [
      problem(
        'client-id',
        `${name} holds characters that no identifier of Apple's has, such as quotes, spaces or slashes.`,
        'Write the identifier alone, such as com.example.web. Some programs that read .env files keep quotes as part of ' +
          'the value: leave them out.',
      ),
    ]
  }
  if (/^[A-Z0-9]{10}$/.test(clientId)) {
    return [
      warning(
        'client-id',
        `${name} looks like a Team ID or key id; client ids look like com.example.web.`,
        'The client id is the identifier of a Services ID or App ID: Certificates, Identifiers & Profiles > Identifiers.',
      ),
    ]
  }
  return [ok('client-id', shown(clientId))]
}
