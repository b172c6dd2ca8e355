import { serviceNames, type SimulatorService } from './services.js'

/** A consent in the state file. */
export interface SavedGrant {
  readonly service: SimulatorService
  readonly consentGroup: string
  readonly personId: string | undefined
  readonly organizationId: string | undefined
  readonly tokenFamily: string
  readonly hideEmail: boolean | undefined
  /** Milliseconds; absent in files that older versions wrote. */
  readonly openedAt: number | undefined
}

/** A token in the state file. */
export interface SavedToken {
  readonly token: string
  readonly kind: 'access_token' | 'refresh_token'
  /** The position of its consent in `grants`. */
  readonly grant: number
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly personId: string | undefined
  /** Seconds. */
  readonly authTime: number
  /** Milliseconds; absent for a token without an end. */
  readonly expiresAt: number | undefined
}

/** The state file. */
export interface SavedState {
  readonly version: 1
  readonly grants: readonly SavedGrant[]
  readonly tokens: readonly SavedToken[]
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the text of a state file; members that nobody reads are left out.
 * @throws Error with what is wrong, without a token
 */
export function parseSavedState(text: string): SavedState {
  const saved = parseObject(parseJson(text), 'it')
  if (saved.version !== 1) throw new Error('its version is not 1')
  const grants = parseList(saved, 'grants').map(parseGrant)
  const tokens = parseList(saved, 'tokens').map((value, position) => parseToken(value, position, grants.length))
  return { version: 1, grants, tokens }
}

function parseGrant(value: unknown, position: number): SavedGrant {
  const where = `grants[${String(position)}]`
  const grant = parseObject(value, where)
  const service = serviceNames.find((name) => name === grant.service)
  if (service === undefined) throw new Error(`${where}.service is not a service`)
  const { hideEmail } = grant
  if (hideEmail !== undefined && typeof hideEmail !== 'boolean') throw new Error(`${where}.hideEmail is not a boolean`)
  return {
    service,
    consentGroup: parseText(grant, where, 'consentGroup'),
    personId: parseOptionalText(grant, where, 'personId'),
    organizationId: parseOptionalText(grant, where, 'organizationId'),
    tokenFamily: parseText(grant, where, 'tokenFamily'),
    hideEmail,
    openedAt: grant.openedAt === undefined ? undefined : parseNumber(grant, where, 'openedAt'),
  }
}

function parseToken(value: unknown, position: number, grants: number): SavedToken {
  const where = `tokens[${String(position)}]`
  const token = parseObject(value, where)
  const { kind } = token
  if (kind !== 'access_token' && kind !== 'refresh_token') throw new Error(`${where}.kind is not a kind of token`)
  const grant = parseNumber(token, where, 'grant')
  if (!Number.isInteger(grant) || grant < 0 || grant >= grants) throw new Error(`${where}.grant is not in grants`)
  return {
    token: parseText(token, where, 'token'),
    kind,
    grant,
    clientId: parseText(token, where, 'clientId'),
    scopes: parseList(token, 'scopes').map((scope) => parseText({ scope }, where, 'scope')),
    personId: parseOptionalText(token, where, 'personId'),
    authTime: parseNumber(token, where, 'authTime'),
    expiresAt: token.expiresAt === undefined ? undefined : parseNumber(token, where, 'expiresAt'),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, and with it tokens.
    throw new Error('it is not JSON')
  }
}

function parseObject(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not an object`)
  return { ...value }
}

function parseList(fields: Fields, name: string): readonly unknown[] {
  const value: unknown = fields[name]
  if (!Array.isArray(value)) throw new Error(`${name} is not a list`)
  return value
}

function parseText(fields: Fields, where: string, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string' || value === '') throw new Error(`${where}.${name} is not a text`)
  return value
}

function parseOptionalText(fields: Fields, where: string, name: string): string | undefined {
  return fields[name] === undefined ? undefined : parseText(fields, where, name)
}

function parseNumber(fields: Fields, where: string, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number') throw new Error(`${where}.${name} is not a number`)
  return value
}
