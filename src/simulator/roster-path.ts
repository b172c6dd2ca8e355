// https://developer.apple.com/documentation/rosterapi
/** What a request of the Roster API is about. */
export type RosterResource =
  'users' | 'user' | 'classes' | 'class' | 'classUsers' | 'locations' | 'location' | 'organization'

/** A path of the Roster API. */
export interface RosterPath {
  readonly resource: RosterResource
  /** Empty where the path has none. */
  readonly id: string
  /** The path with a placeholder instead of the id. */
  readonly template: string
}

const templates: readonly (readonly [RosterResource, string])[] = [
  ['users', '/users'],
  ['user', '/users/{userId}'],
  ['classes', '/classes'],
  ['class', '/classes/{classId}'],
  ['classUsers', '/classes/{classId}/users'],
  ['locations', '/locations'],
  ['location', '/locations/{locationId}'],
  ['organization', '/organization'],
]
const patterns = templates.map(([resource, template]) => ({
  resource,
  template,
  pattern: new RegExp(`^${template.replace(/\{\w+\}/, '([^/]+)')}$`),
}))

/** Reads a path below `/rosterapi/v1`, letter by letter; undefined for one that is not Apple's. */
export function parseRosterPath(path: string): RosterPath | undefined {
  for (const { resource, template, pattern } of patterns) {
    const found = pattern.exec(path)
    if (found === null) continue
    const id = decode(found[1] ?? '')
    return id === undefined ? undefined : { resource, id, template }
  }
  return undefined
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
