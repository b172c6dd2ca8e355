// https://www.w3.org/TR/png-3/
import { crc32, deflateSync } from 'node:zlib'

const signature = Buffer.from('89504e470d0a1a0a', 'hex')

/** An image in greys that may be transparent. */
export interface GreyImage {
  readonly width: number
  readonly height: number
  /** Row by row two bytes for each pixel: how light it is, and how opaque. */
  readonly pixels: Uint8Array
}

/** Writes an image as PNG: 8 bits each for grey and alpha, no interlacing. */
export function encodePng({ width, height, pixels }: GreyImage): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Bit depth 8, colour type 4 (greyscale with alpha).
  header.set([8, 4], 8)
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered(pixels, 2 * width, height), { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Puts before each row a zero, which says that no filter is used. */
function filtered(pixels: Uint8Array, rowBytes: number, height: number): Buffer {
  const rows = Buffer.alloc((rowBytes + 1) * height)
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1)
  }
  return rows
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, checksum])
}
