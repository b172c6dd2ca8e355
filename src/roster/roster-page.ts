import { isObject, isText } from './fields.js'
import { malformedAnswer } from './failures.js'

/** A longer one would be no use: it goes into a URL. */
const maxTokenLength = 4096

/** One page of a list. */
export interface RosterPage<T> {
  readonly items: readonly T[]
  /** Names the page that follows; undefined on the last one. */
  readonly nextPageToken: string | undefined
}

/**
 * Reads a page whose items are under `field`.
 *
 * @see https://developer.apple.com/documentation/rosterapi/users
 * @throws AppleRosterError where people or classes would be missing from the list without a word
 */
export function parsePage<T>(
  template: string,
  answer: unknown,
  field: string,
  parseItem: (value: unknown) => T | undefined,
): RosterPage<T> {
  if (!isObject(answer)) throw malformedAnswer(template, 'something that is no object')
  const values: unknown = answer[field]
  if (!Array.isArray(values)) throw malformedAnswer(template, `no list of ${field}`)
  const items: T[] = []
  for (const value of values) {
    const item = parseItem(value)
    if (item === undefined) throw malformedAnswer(template, `something without an id among its ${field}`)
    items.push(item)
  }
  const { moreToFollow = false, nextPageToken } = answer
  if (moreToFollow === false) return { items, nextPageToken: undefined }
  if (moreToFollow !== true) throw malformedAnswer(template, 'a moreToFollow that is neither true nor false')
  if (!isText(nextPageToken) || nextPageToken === '' || nextPageToken.length > maxTokenLength) {
    throw malformedAnswer(template, 'moreToFollow and no nextPageToken that could be followed')
  }
  return { items, nextPageToken }
}
