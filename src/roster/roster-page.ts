import { isObject, isText } from './fields.js'
import { malformedAnswer } from './failures.js'

/** A longer one would be no use: it goes into a URL. */
const maxTokenLength = 4096

/** One page of a list, as Apple sent it. */
export interface RosterPage {
  /** What is still to be parsed, so that the next page can be on its way by then. */
  readonly values: readonly unknown[]
  /** Names the page that follows; undefined on the last one. */
  readonly nextPageToken: string | undefined
}

/**
 * Reads a page whose items are under `field`.
 *
 * @see https://developer.apple.com/documentation/rosterapi/users
 * @throws AppleRosterError where people or classes would be missing from the list without a word
 */
export function parsePage(template: string, answer: unknown, field: string): RosterPage {
  if (!isObject(answer)) throw malformedAnswer(template, 'something that is no object')
  const values: unknown = answer[field]
  if (!Array.isArray(values)) throw malformedAnswer(template, `no list of ${field}`)
  const { moreToFollow = false, nextPageToken } = answer
  if (moreToFollow === false) return { values, nextPageToken: undefined }
  if (moreToFollow !== true) throw malformedAnswer(template, 'a moreToFollow that is neither true nor false')
  if (!isText(nextPageToken) || nextPageToken === '' || nextPageToken.length > maxTokenLength) {
    throw malformedAnswer(template, 'moreToFollow and no nextPageToken that could be followed')
  }
  return { values, nextPageToken }
}

/** Reads one item of a page. @throws AppleRosterError for one without an id */
export function parseItem<T>(
  template: string,
  field: string,
  parse: (value: unknown) => T | undefined,
  value: unknown,
): T {
  const item = parse(value)
  if (item === undefined) throw malformedAnswer(template, `something without an id among its ${field}`)
  return item
}
