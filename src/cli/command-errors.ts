/** A command line that cannot be meant as it stands; its message repeats no value, which may be a secret. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** A command that cannot do what it was asked for; its message is for the person at the terminal. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CommandError'
  }
}
