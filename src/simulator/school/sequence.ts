/** A list that computes its items when asked, so that a million of them cost nothing. */
export interface Sequence<Item> {
  readonly length: number
  /** The item at a position from 0 to `length - 1`; positions beyond have no meaning. */
  readonly at: (position: number) => Item
}

/** Lets each item be seen as something else. */
export function mapSequence<From, To>({ length, at }: Sequence<From>, map: (item: From) => To): Sequence<To> {
  return { length, at: (position) => map(at(position)) }
}

/** Reads the items from one position up to, but not including, another. */
export function readSequence<Item>({ length, at }: Sequence<Item>, from: number, to: number): Item[] {
  const items: Item[] = []
  for (let position = from; position < Math.min(to, length); position++) items.push(at(position))
  return items
}
