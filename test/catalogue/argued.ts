/** What of a row cannot apply to this package, and why. Every row has tests for the rest of it. */
export const argued: Readonly<Record<number, string>> = {
  28: 'The issuer parameter is never compared with nothing: there always is an allowed issuer.',
  111: 'A key file that others can read is a warning and no failure: containers often mount secrets that way.',
  125: 'express-session alone makes session ids and checks their signatures; no other id reaches this package.',
  126: 'The cookie and its flags are the app’s: this package changes none, and explains one that cannot be set.',
  160: 'The scanner is no npm package: its forgeries are made by the test itself.',
}
