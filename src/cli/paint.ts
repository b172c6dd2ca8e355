import { styleText } from 'node:util'
import type { CommandIo, OutputStream } from './command-io.js'

/** What a text looks like on a terminal. */
export type TextStyle = Parameters<typeof styleText>[0]

/** Gives a text a style, where there is somebody to see it. */
export type Paint = (style: TextStyle, text: string) => string

/** Newer versions of Node would else look at this process's own terminal instead of the stream. */
const paintAlways = styleText as (style: TextStyle, text: string, options: { validateStream: false }) => string

/** Paints for a stream: on a terminal alone, and never with NO_COLOR. */
export function createPaint(stream: OutputStream, env: CommandIo['env']): Paint {
  const hasColours = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return (style, text) => (hasColours ? paintAlways(style, text, { validateStream: false }) : text)
}
