/** One section of the catalogue of hostile conditions: each row's number, and its condition in a few words. */
export interface Section {
  readonly name: string
  readonly rows: Readonly<Record<number, string>>
}
