import type { OutputStream } from './command-io.js'

/** Narrower columns would hold a word or two. */
const narrowest = 24

/**
 * Breaks a text into lines that fit a terminal beside what stands to the left of it. Where there is no terminal it stays
 * one line, for grep and the like.
 */
export function wrap(text: string, left: number, stream: OutputStream): string[] {
  if (stream.isTTY !== true) return [text]
  const width = Math.max(narrowest, Math.min(stream.columns ?? 80, 120) - left)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
