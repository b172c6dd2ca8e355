import type { VariantFigures } from './figures.js'
import { ratioOf } from './guarded.js'
import type { StartUp } from './start-up.js'
import type { Goal } from './table.js'

/** What a guarded route may cost, held against what was measured; without Redis its goals are left out. */
export function guardedGoals(figures: readonly VariantFigures[]): readonly Goal[] {
  const goal = (one: string, other: string, limit: number, text: string, atMost = true): Goal[] => {
    const [ones, others] = [one, other].map((name) => figures.find((each) => each.name === name)?.perRound)
    return ones === undefined || others === undefined
      ? []
      : [{ text, actual: ratioOf(ones, others).median, limit, atMost }]
  }
  const own = (route: string, what: string): Goal[] => [
    ...goal(`${route}-memory`, 'session-object-memory', 0.95, `memory, ${what}, to express-session with objects`),
    ...goal(`${route}-memory`, 'session-id-memory', 1.08, `memory, ${what}, to express-session with an id`),
    ...goal(`${route}-redis`, 'session-object-redis', 1, `Redis, ${what}, to express-session with objects`),
    ...goal(`${route}-redis`, 'session-id-redis', 1.12, `Redis, ${what}, to express-session with an id`),
  ]
  const peer = (name: string, limit: number, text: string): Goal[] =>
    goal(name, 'ours-memory', limit, `${text} to express-apple-auth`, false)
  return [
    ...own('ours', 'guard and user'),
    ...own('ours-guard', 'the guard alone'),
    ...goal('ours-unused', 'session-id-memory', 1.02, 'attach() on a route that does not use it, to express-session'),
    ...peer('express-openid-connect-cookie', 1.8, 'express-openid-connect (cookie)'),
    ...peer('passport-full', 1.25, 'Passport'),
    ...peer('better-auth-no-cache', 2, 'better-auth (memory)'),
    ...peer('better-auth-cookie-cache', 2, 'better-auth (memory, cookie cache)'),
    ...peer('auth-express-full', 4, '@auth/express'),
  ]
}

/** What importing and installing may cost. */
export function startUpGoals({ importMs, installedBytes }: StartUp): readonly Goal[] {
  return [
    {
      text: 'import, in milliseconds on top of express and express-session',
      actual: importMs.median,
      limit: 60,
      atMost: true,
    },
    { text: 'installed, in MB on top of them', actual: installedBytes / 1e6, limit: 8, atMost: true },
  ]
}
