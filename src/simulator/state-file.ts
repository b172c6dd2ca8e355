import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { restoreBooks, serializeBooks, type Books } from './saved-state.js'

/**
 * Restores the books from a file and answers what saves them there after a change. Without a file nothing is saved.
 * Two simulators must not share a file: each would overwrite what the other wrote.
 * @throws Error naming the file when it is damaged, or cannot be read or written
 */
export function openStateFile(file: string | undefined, books: Books): () => void {
  if (file === undefined) return () => undefined
  const text = readIfThere(file)
  if (text !== undefined) restore(file, books, text)
  let written = text
  function save(path: string): void {
    const next = serializeBooks(books)
    if (next === written) return
    writeWhole(path, next)
    written = next
  }
  // Now rather than at the first consent, so that a folder that is missing shows at the start.
  save(file)
  return () => {
    save(file)
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Error(
      `The Apple simulator cannot read its stateFile ${file} (${codeOf(error)}): make it readable, or name another.`,
      { cause: error },
    )
  }
}

function restore(file: string, books: Books, text: string): void {
  try {
    restoreBooks(books, text)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error'
    throw new Error(
      `The stateFile ${file} of the Apple simulator is damaged: ${why}. ` +
        'Delete it to start without consents and tokens, or put a copy of it back.',
    )
  }
}

// Renamed into place: whoever reads meanwhile, or after a crash, sees the old state or the new one.
function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new Error(
      `The Apple simulator cannot write its stateFile ${file} (${codeOf(error)}): ` +
        'create its folder and make it writable, or name another file.',
      { cause: error },
    )
  }
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown error'
}
