/** What a check found: `skipped` could not be judged, and says why. */
export type CheckStatus = 'ok' | 'warning' | 'problem' | 'skipped'

/** Every check by its stable id, in the order of the report. */
export const checkIds = [
  'environment',
  'service',
  'client-id',
  'team-id',
  'key-id',
  'private-key',
  'client-secret',
  'redirect-uri',
  'settings',
  'clock',
  'session-secret',
  'proxy',
  'store',
  'token-encryption',
  'apple-keys',
  'apple-credentials',
  'apple-authorize',
  'app-login',
] as const

/** The id of a check; one check may find several things. */
export type CheckId = (typeof checkIds)[number]

/** One thing that the doctor found. */
export interface Check {
  readonly id: CheckId
  readonly status: CheckStatus
  /** What is so, in a sentence. */
  readonly message: string
  /** What to do, or what it may be, likeliest first. */
  readonly advice: readonly string[]
}

/** Says that all is well. */
export function ok(id: CheckId, message: string): Check {
  return { id, status: 'ok', message, advice: [] }
}

/** Says what works, and may not always. */
export function warning(id: CheckId, message: string, ...advice: readonly string[]): Check {
  return { id, status: 'warning', message, advice }
}

/** Says what does not work, and what to do. */
export function problem(id: CheckId, message: string, ...advice: readonly string[]): Check {
  return { id, status: 'problem', message, advice }
}

/** Says why nothing can be said. */
export function skipped(id: CheckId, message: string): Check {
  return { id, status: 'skipped', message, advice: [] }
}
