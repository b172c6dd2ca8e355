/** Where a command writes: a terminal, a file, a pipe or a test. */
export interface OutputStream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  /** How wide the terminal is, in characters. */
  readonly columns?: number | undefined
}

/** The world of a command: what a process has, and a test can give. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** This package's version. */
  readonly version: string
  /** Resolves when a command that would run on is to end: Ctrl-C. */
  readonly untilStopped: () => Promise<void>
}

/** What a command's exit code says. */
export const exitCodes = {
  /** All is fine; warnings are allowed. */
  fine: 0,
  /** Problems were found, or it could not be done. */
  problems: 1,
  /** The command was written in a way that it does not understand. */
  usage: 2,
} as const
