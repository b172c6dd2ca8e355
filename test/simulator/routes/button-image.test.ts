import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { createAppleSimulator, type AppleSimulator } from '../../../src/simulator/index.js'
import { buttonLocales as locales } from '../../support/button-locales.js'
import { decodePng, type Picture, type Pixel } from '../support/decode-png.js'

const black = { grey: 0, alpha: 255 }
const white = { grey: 255, alpha: 255 }
const paths = { center: '/appleid/button', left: '/appleid/button/left', logo: '/appleid/button/logo' } as const
type Layout = keyof typeof paths

describe('buttonImageRoute', () => {
  let simulator: AppleSimulator

  beforeAll(async () => {
    simulator = createAppleSimulator()
    await simulator.listen()
  })
  afterAll(() => simulator.close())

  function get(layout: Layout, query: string): request.Test {
    return request(simulator.url).get(`${paths[layout]}${query === '' ? '' : `?${query}`}`)
  }

  async function bytesOf(layout: Layout, query = ''): Promise<Buffer> {
    const { status, type, body } = await get(layout, query)
    expect([layout, query, status, type]).toEqual([layout, query, 200, 'image/png'])
    return body as Buffer
  }

  async function pictureOf(layout: Layout, query?: string): Promise<Picture> {
    return decodePng(await bytesOf(layout, query))
  }

  it.each<[Layout, string, number, number]>([
    ['center', '', 140, 30],
    ['center', 'width=130&height=30', 130, 30],
    ['center', 'width=375&height=64&scale=6', 2250, 384],
    ['left', '', 140, 30],
    ['left', 'width=201&height=45&scale=3', 603, 135],
    ['logo', '', 30, 30],
    ['logo', 'size=64&scale=6', 384, 384],
    ['logo', 'size=31&scale=1', 31, 31],
  ])('draws %s?%s as a PNG of %i by %i pixels', async (layout, query, width, height) => {
    const picture = await pictureOf(layout, query)
    expect([picture.width, picture.height]).toEqual([width, height])
  })

  it.each<Layout>(['center', 'left', 'logo'])('draws white on black, or black on white (%s)', async (layout) => {
    for (const [color, ground, ink] of [
      ['black', black, white],
      ['white', white, black],
    ] as const) {
      const pixels = (await pictureOf(layout, `color=${color}&border_radius=0`)).pixels()
      expect(pixels.every(({ alpha }) => alpha === 255)).toBe(true)
      expect(share(pixels, ground)).toBeGreaterThan(0.6)
      expect(share(pixels, ink)).toBeGreaterThan(0.02)
    }
  })

  it('is black without a border and with corners of 15 points unless told otherwise', async () => {
    const look = 'color=black&border=false&border_radius=15&scale=1'
    for (const layout of ['center', 'left'] as const) {
      const named = await bytesOf(layout, `${look}&width=140&height=30&type=sign-in`)
      expect((await bytesOf(layout)).equals(named)).toBe(true)
    }
    expect((await bytesOf('logo')).equals(await bytesOf('logo', `${look}&size=30`))).toBe(true)
  })

  it.each([0, 4, 15, 50])(
    'rounds its corners with a radius of %i points, or half the height, by transparency',
    async (radius) => {
      const scale = 2
      const picture = await pictureOf(
        'center',
        `height=44&width=200&border_radius=${String(radius)}&scale=${String(scale)}`,
      )
      const pixels = Math.min(radius, 22) * scale
      for (let y = 0; y < pixels; y++) {
        for (let x = 0; x < pixels; x++) {
          const distance = Math.hypot(pixels - x - 0.5, pixels - y - 0.5) - pixels
          const alphas = [picture.at(x, y), picture.at(picture.width - 1 - x, picture.height - 1 - y)].map(
            ({ alpha }) => alpha,
          )
          if (distance > 1) expect(alphas).toEqual([0, 0])
          else if (distance < -1) expect(alphas).toEqual([255, 255])
        }
      }
      expect(picture.at(pixels, 0).alpha).toBeGreaterThan(250)
      expect(picture.at(0, picture.height / 2).alpha).toBeGreaterThan(250)
    },
  )

  it('draws the border one point thick in the colour of the title', async () => {
    const query = 'border_radius=0&scale=2&width=200&height=40'
    for (const layout of ['center', 'left'] as const) {
      const picture = await pictureOf(layout, `${query}&color=white&border=true`)
      for (const [x, y] of [
        [0, 40],
        [1, 40],
        [399, 40],
        [100, 0],
        [100, 1],
        [100, 79],
      ] as const) {
        expect(picture.at(x, y)).toEqual(black)
      }
      for (const [x, y] of [
        [3, 40],
        [100, 3],
        [100, 76],
      ] as const)
        expect(picture.at(x, y)).toEqual(white)
      expect((await pictureOf(layout, `${query}&color=white`)).at(0, 40)).toEqual(white)
    }
    expect((await pictureOf('center', `${query}&border=true`)).at(0, 40)).toEqual(white)
    expect((await pictureOf('logo', 'color=white&border=true&border_radius=0')).at(0, 15)).toEqual(black)
  })

  it('draws each title, and each language but English so that one tells it from the others', async () => {
    const seen = new Map<string, string>()
    for (const locale of locales) {
      for (const type of ['sign-in', 'continue']) {
        const bytes = await bytesOf('center', `width=375&locale=${locale}&type=${type}`)
        seen.set(`${locale} ${type}`, bytes.toString('base64'))
      }
    }
    expect(seen.size).toBe(74)
    // en_GB and en_US say the same.
    expect(new Set(seen.values()).size).toBe(72)
    expect((await bytesOf('center', 'width=375')).toString('base64')).toBe(seen.get('en_US sign-in'))
  })

  it('keeps eight hundredths of the width free on both sides, however long and high the title is', async () => {
    for (const query of [
      '',
      'width=130&height=64',
      'width=130&height=64&type=continue&locale=zh_HK',
      'width=375&height=64',
    ]) {
      for (const layout of ['center', 'left'] as const) {
        const picture = await pictureOf(layout, `border_radius=0&${query}`)
        const columns = inkColumns(picture)
        expect(Math.min(...columns)).toBeGreaterThanOrEqual(Math.floor(0.08 * picture.width) - 1)
        expect(Math.max(...columns)).toBeLessThanOrEqual(Math.ceil(0.92 * picture.width) + 1)
      }
    }
  })

  it('puts logo and title where the left layout wants them', async () => {
    const query = 'width=375&height=30&scale=2'
    const [first, wide] = await Promise.all([
      pictureOf('left', `${query}&logo-position=40&label-position=100`),
      pictureOf('left', `${query}&logo-position=80&label-position=182`),
    ])
    expect(partsOf(first)[0]?.from).toBe(80)
    expect(partsOf(wide)[0]?.from).toBe(160)
    expect(partsOf(first)[1]?.from).toBeCloseTo(200, -1)
    expect(partsOf(wide)[1]?.from).toBeCloseTo(364, -1)
  })

  it('moves the title where it would cover the logo or leave the button', async () => {
    const covering = partsOf(await pictureOf('left', 'width=375&scale=2&logo-position=100&label-position=50'))
    expect(covering[1]?.from).toBeGreaterThan(covering[0]?.to ?? Infinity)
    const leaving = await pictureOf('left', 'width=150&scale=2&label-position=75&border_radius=0')
    expect(Math.max(...inkColumns(leaving))).toBeLessThanOrEqual(Math.ceil(0.92 * 300) + 1)
  })

  it('has a logo of three sizes in the left layout', async () => {
    const widths = []
    for (const size of ['small', 'medium', 'large']) {
      const [logo] = partsOf(await pictureOf('left', `width=375&height=64&logo-size=${size}`))
      widths.push((logo?.to ?? 0) - (logo?.from ?? 0))
    }
    expect(widths).toEqual([...widths].sort((a, b) => a - b))
    expect(new Set(widths).size).toBe(3)
  })

  const titled = ['height', 'width', 'color', 'border', 'border_radius', 'scale', 'type', 'locale']
  const wrong: [Layout[], string, string[]][] = [
    [['center', 'left'], 'height', ['29', '65', '', '44.5', '-44', '+44', '4e1', '0x2c', 'tall', ' 44', '44pt']],
    [['center', 'left'], 'width', ['129', '376', '', '100%', '140.0', '1400000000000000000000']],
    [['logo'], 'size', ['29', '65', '', '44.5', 'large']],
    [['center', 'left', 'logo'], 'color', ['', 'Black', 'red', '#000']],
    [['center', 'left', 'logo'], 'border', ['', '1', 'TRUE', 'yes']],
    [['center', 'left', 'logo'], 'border_radius', ['-1', '51', '', '50%']],
    [['center', 'left', 'logo'], 'scale', ['0', '7', '', '1.5']],
    [['center', 'left'], 'type', ['', 'sign-up', 'signin']],
    [['center', 'left'], 'locale', ['', 'de', 'de-DE', 'xx_XX', 'en_us', 'toString']],
    [['left'], 'label-position', ['-1', '183', '71', '', '10.5']],
    [['left'], 'logo-position', ['-1', '183', '71', '', '10.5']],
    [['left'], 'logo-size', ['', 'huge', 'SMALL']],
  ]

  it.each(wrong)('answers 404 to each of %j for a wrong %s, on a page that names it', async (layouts, name, values) => {
    for (const layout of layouts) {
      for (const value of values) {
        const { status, type, text } = await get(layout, new URLSearchParams({ [name]: value }).toString())
        expect([layout, name, value, status, type]).toEqual([layout, name, value, 404, 'text/html'])
        expect(text).toContain('<h1>Not Found</h1>')
        expect(text).toMatch(new RegExp(`Only the simulator tells you[^]*>${name} must `))
      }
    }
  })

  it.each<[Layout, string[]]>([
    [
      'center',
      [
        'size',
        'label-position',
        'logo-position',
        'logo-size',
        'border-radius',
        'borderRadius',
        'Height',
        'x',
        '__proto__',
      ],
    ],
    ['left', ['size', 'label_position', 'logo_size', 'borderRadius', 'align']],
    ['logo', ['height', 'width', 'type', 'locale', 'label-position', 'logo-position', 'logo-size']],
  ])('answers 404 to %s for a parameter that it does not know', async (layout, names) => {
    for (const name of names) {
      const { status, text } = await get(layout, `color=white&${name}=30`)
      expect([name, status]).toEqual([name, 404])
      expect(text).toContain(`there is no parameter ${name} for this image, only `)
    }
  })

  it.each<[Layout, string[]]>([
    ['center', titled],
    ['left', [...titled, 'label-position', 'logo-position', 'logo-size']],
    ['logo', ['size', 'color', 'border', 'border_radius', 'scale']],
  ])('answers 404 to %s for a parameter that comes twice', async (layout, names) => {
    const values: Record<string, string> = {
      ...{ height: '30', width: '140', size: '30', color: 'black', border: 'true', border_radius: '15', scale: '1' },
      ...{ type: 'sign-in', locale: 'en_US', 'label-position': '0', 'logo-position': '0', 'logo-size': 'small' },
    }
    for (const name of names) {
      const parameter = `${name}=${String(values[name])}`
      expect((await get(layout, parameter)).status).toBe(200)
      const { status, text } = await get(layout, `${parameter}&${parameter}`)
      expect([name, status]).toEqual([name, 404])
      expect(text).toContain(`${name} comes more than once`)
    }
  })

  it('shows what was asked for as text, and not at length', async () => {
    const { status, text } = await get('center', `${encodeURIComponent(`<script>${'x'.repeat(4000)}`)}=1`)
    expect(status).toBe(404)
    expect(text).toContain('&lt;script&gt;xxx')
    expect(text).not.toContain('<script')
    expect(text).not.toContain('x'.repeat(64))
  })

  it('says the size of the image to HEAD without sending it', async () => {
    const { length } = await bytesOf('center')
    const { status, headers, text } = await request(simulator.url).head(paths.center)
    expect([status, headers['content-length']]).toEqual([200, String(length)])
    expect(text).toBeUndefined()
  })

  it('leaves no record among the requests: an image is no exchange', async () => {
    await pictureOf('center')
    expect(simulator.requests).toEqual([])
  })
})

/** What part of the pixels has this colour. */
function share(pixels: readonly Pixel[], { grey, alpha }: Pixel): number {
  return pixels.filter((pixel) => pixel.grey === grey && pixel.alpha === alpha).length / pixels.length
}

/** The columns of a black button in which something is drawn. */
function inkColumns(picture: Picture): number[] {
  const pixels = picture.pixels()
  const columns = pixels.flatMap(({ grey }, i) => (grey > 100 ? [i % picture.width] : []))
  return [...new Set(columns)].sort((a, b) => a - b)
}

/** What stands apart from its neighbours by more than letters do: the logo, and the words. */
function partsOf(picture: Picture): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = []
  for (const column of inkColumns(picture)) {
    const last = parts.at(-1)
    if (last !== undefined && column - last.to < 0.1 * picture.height) last.to = column
    else parts.push({ from: column, to: column })
  }
  return parts
}
