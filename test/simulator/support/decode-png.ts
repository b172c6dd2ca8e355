import { crc32, inflateSync } from 'node:zlib'

/** The colour of a pixel: how light, and how opaque, each 0 to 255. */
export interface Pixel {
  readonly grey: number
  readonly alpha: number
}

/** A picture that can be asked for its pixels, counted from the upper left corner. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly at: (x: number, y: number) => Pixel
  /** All pixels, row by row. */
  readonly pixels: () => Pixel[]
}

/** Reads a PNG of greys with alpha, 8 bits each, unfiltered; throws for any other and for a damaged one. */
export function decodePng(png: Buffer): Picture {
  if (png.subarray(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n') throw new Error('This is no PNG.')
  const chunks = readChunks(png)
  if (chunks.map(({ type }) => type).join() !== 'IHDR,IDAT,IEND') throw new Error('The chunks are not the usual ones.')
  const [header = Buffer.alloc(0), data = Buffer.alloc(0)] = chunks.map(({ content }) => content)
  if (header.subarray(8).toString('hex') !== '0804000000') throw new Error('This is not 8 bit greyscale with alpha.')
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const rows = inflateSync(data)
  const rowBytes = 1 + 2 * width
  if (rows.length !== rowBytes * height) throw new Error('The size of the data is not that of the picture.')
  for (let y = 0; y < height; y++) if (rows[y * rowBytes] !== 0) throw new Error('A row is filtered.')
  const at = (x: number, y: number): Pixel => {
    if (x < 0 || x >= width || y < 0 || y >= height) throw new RangeError('There is no such pixel.')
    const start = y * rowBytes + 1 + 2 * x
    return { grey: rows.readUInt8(start), alpha: rows.readUInt8(start + 1) }
  }
  const pixels = (): Pixel[] => Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)))
  return { width, height, at, pixels }
}

function readChunks(png: Buffer): { type: string; content: Buffer }[] {
  const chunks = []
  for (let start = 8; start < png.length;) {
    const end = start + 8 + png.readUInt32BE(start)
    if (png.readUInt32BE(end) !== crc32(png.subarray(start + 4, end))) throw new Error('A checksum is wrong.')
    chunks.push({ type: png.toString('latin1', start + 4, start + 8), content: png.subarray(start + 8, end) })
    start = end + 4
  }
  return chunks
}
