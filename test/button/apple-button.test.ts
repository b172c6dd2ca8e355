import { describe, expect, it } from '@jest/globals'
import helmet from 'helmet'
import {
  AppleArgumentError,
  appleButton,
  type AppleButtonOptions,
  type AppleLeftButtonOptions,
} from 'express-apple-auth'
import { buttonLocales as locales } from '../support/button-locales.js'

const cdn = 'https://appleid.cdn-apple.com/appleid/button'

type Layout = 'center' | 'left' | 'logo'

/** What a caller without TypeScript may write. */
function button(options: Record<string, unknown>): ReturnType<typeof appleButton> {
  return appleButton(options)
}

/** The mistakes that are found, without the first line. */
function mistakesIn(options: unknown): string[] {
  try {
    appleButton(options as AppleButtonOptions)
  } catch (error) {
    expect(error).toBeInstanceOf(AppleArgumentError)
    return (error as AppleArgumentError).message.split('\n').slice(1)
  }
  return []
}

describe('appleButton', () => {
  it('asks for nothing when nothing is asked of it', () => {
    const { imageUrl, html, margin, warnings } = appleButton()
    expect(imageUrl).toBe(cdn)
    expect(html).toBe(
      `<a class="apple-button" href="/auth/apple/login"><img alt="Sign in with Apple" lang="en-US" width="140" height="30" src="${cdn}" srcset="${cdn}?scale=2 2x, ${cdn}?scale=3 3x"></a>`,
    )
    expect(margin).toBe(3)
    expect(warnings).toEqual([])
    expect(appleButton({ layout: undefined, href: undefined, width: undefined })).toEqual(appleButton())
  })

  it('uses the names of Apple’s parameters, with underscores here and hyphens there, and sends what is given', () => {
    const options: AppleLeftButtonOptions = {
      ...{ layout: 'left', height: 44, width: 240, color: 'white', border: false, borderRadius: 0, scale: 2 },
      ...{ type: 'continue', locale: 'pt_BR', labelPosition: 0, logoPosition: 12, logoSize: 'large' },
    }
    const { origin, pathname, searchParams } = new URL(appleButton(options).imageUrl)
    expect(`${origin}${pathname}`).toBe(`${cdn}/left`)
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ height: '44', width: '240', color: 'white', border: 'false', border_radius: '0', scale: '2' },
      ...{ type: 'continue', locale: 'pt_BR', 'label-position': '0', 'logo-position': '12', 'logo-size': 'large' },
    })
    expect(appleButton({ layout: 'logo', size: 64, altLocale: 'de_DE' }).imageUrl).toBe(`${cdn}/logo?size=64`)
    expect(appleButton({ layout: 'center', type: 'sign-in' }).imageUrl).toBe(`${cdn}?type=sign-in`)
  })

  const titled: Layout[] = ['center', 'left']
  const every: Layout[] = [...titled, 'logo']
  const ranges: [string, string, Layout[], number, number][] = [
    ['height', 'height', titled, 30, 64],
    ['width', 'width', titled, 130, 375],
    ['size', 'size', ['logo'], 30, 64],
    ['borderRadius', 'border_radius', every, 0, 50],
    ['scale', 'scale', every, 1, 6],
    ['labelPosition', 'label-position', ['left'], 0, 182],
    ['logoPosition', 'logo-position', ['left'], 0, 182],
  ]

  it.each(ranges)(
    'takes a whole number within the range of %s, its ends included',
    (name, parameter, has, least, most) => {
      const room = name.endsWith('Position') ? { width: 375 } : {}
      for (const layout of has) {
        for (const value of [least, least + 1, most - 1, most]) {
          const { imageUrl } = button({ layout, ...room, [name]: value })
          expect(new URL(imageUrl).searchParams.get(parameter)).toBe(String(value))
        }
        const wrong = [
          least - 1,
          most + 1,
          least + 0.5,
          NaN,
          Infinity,
          -Infinity,
          String(least),
          true,
          null,
          [least],
          {},
        ]
        for (const value of wrong) {
          expect(mistakesIn({ layout, ...room, [name]: value })).toEqual([
            `  - option ${name} must be a whole number from ${String(least)} to ${String(most)}`,
          ])
        }
      }
    },
  )

  const words: [string, string, Layout[], unknown[]][] = [
    ['color', 'color', every, ['black', 'white']],
    ['border', 'border', every, [true, false]],
    ['type', 'type', titled, ['sign-in', 'continue']],
    ['locale', 'locale', titled, locales],
    ['logoSize', 'logo-size', ['left'], ['small', 'medium', 'large']],
  ]

  it.each(words)('takes no other %s than Apple does', (name, parameter, has, values) => {
    for (const layout of has) {
      for (const value of values) {
        const { imageUrl } = button({ layout, [name]: value })
        expect(new URL(imageUrl).searchParams.get(parameter)).toBe(String(value))
      }
      for (const value of ['', 'Black', 'sign-up', 'true', 'de', 'en-US', 'toString', 0, null, [values[0]]]) {
        const [mistake, ...others] = mistakesIn({ layout, [name]: value })
        expect(others).toEqual([])
        expect(mistake).toMatch(new RegExp(`^  - option ${name} must be .*${String(values.at(-1))}`))
      }
    }
  })

  const homes = [...ranges, ...words].map(([name, , has]): [string, Layout[]] => [name, has])

  it.each(homes)('has %s only with the layouts whose endpoint knows it: %j', (name, has) => {
    for (const layout of every.filter((each) => !has.includes(each))) {
      const [mistake = '', ...others] = mistakesIn({ layout, [name]: 30 })
      expect(others).toEqual([])
      expect(mistake).toContain(`  - option ${name} is for the layout ${has.join(' or ')}, not for ${layout}`)
    }
  })

  it('knows no layout but three', () => {
    for (const layout of ['', 'right', 'Center', null, 1, 'toString']) {
      expect(mistakesIn({ layout })).toEqual(['  - option layout must be center, left or logo'])
    }
  })

  it('refuses positions beyond half the width, whatever the width is', () => {
    const left = { layout: 'left' } as const
    expect(appleButton({ ...left, labelPosition: 70, logoPosition: 70 }).imageUrl).toContain('label-position=70')
    expect(appleButton({ ...left, width: 375, labelPosition: 182 }).warnings).toEqual([])
    expect(mistakesIn({ ...left, labelPosition: 71, logoPosition: 80 })).toEqual([
      '  - option labelPosition must be at most 70, half the width of 140',
      '  - option logoPosition must be at most 70, half the width of 140',
    ])
    expect(mistakesIn({ ...left, width: 201, logoPosition: 101 })).toEqual([
      '  - option logoPosition must be at most 100, half the width of 201',
    ])
    // Half of a wrong width says nothing.
    expect(mistakesIn({ ...left, width: 20, labelPosition: 100 })).toHaveLength(1)
    expect(mistakesIn({ ...left, width: '200', labelPosition: 100 })).toHaveLength(1)
  })

  it('lists every mistake at once, with the option’s name', () => {
    const error = (() => {
      try {
        return button({
          layout: 'logo',
          size: 20,
          color: 'red',
          width: 140,
          locale: 'de_DE',
          href: 'javascript:1',
          corner: 1,
        })
      } catch (thrown) {
        return thrown as AppleArgumentError
      }
    })()
    expect(error).toBeInstanceOf(AppleArgumentError)
    expect(error).toHaveProperty(
      'message',
      [
        'appleButton(): 6 mistakes.',
        '  - option size must be a whole number from 30 to 64',
        '  - option color must be black or white',
        '  - option width is for the layout center or left, not for logo',
        '  - option locale is for the layout center or left, not for logo; altLocale is the language of the text for screen readers',
        '  - option href must be a path on this site, such as /auth/apple/login, or an https URL',
        '  - option corner is not known; did you mean border?',
      ].join('\n'),
    )
  })

  it('refuses names that nobody reads, with the nearest right one of that layout', () => {
    for (const [wrong, right] of [
      ['border_radius', 'borderRadius'],
      ['logo-size', 'logoSize'],
      ['labelposition', 'labelPosition'],
      ['colour', 'color'],
    ] as const) {
      expect(mistakesIn({ layout: 'left', [wrong]: 1 })).toEqual([
        `  - option ${wrong} is not known; did you mean ${right}?`,
      ])
    }
    expect(mistakesIn({ layout: 'logo', heigth: undefined, 'logo-size': 1 })[1]).not.toContain('logoSize')
    expect(mistakesIn({ somethingElse: 1 })).toEqual(['  - option somethingElse is not known; remove it'])
    expect(mistakesIn({ ['x'.repeat(9999)]: 1 })[0]?.length).toBeLessThan(150)
    expect(mistakesIn(JSON.parse('{"__proto__":1,"constructor":2}'))).toHaveLength(2)
  })

  it.each([null, 'left', 44, true, [], () => undefined])('takes an object or nothing, not %p', (options) => {
    expect(() => appleButton(options as never)).toThrow(AppleArgumentError)
  })

  it('reads each option once, and none that the object inherits', () => {
    let times = 0
    const sly = {
      get href() {
        return times++ === 0 ? '/login' : 'javascript:alert(1)'
      },
    }
    expect(appleButton(sly).html).toContain('href="/login"')
    const heir: AppleButtonOptions = Object.create({ href: 'javascript:alert(1)', width: '"><script>' }) as object
    expect(appleButton(heir)).toEqual(appleButton())
  })

  it('cannot be changed afterwards', () => {
    const made = appleButton()
    const parts = [made, made.warnings, made.contentSecurityPolicy, made.contentSecurityPolicy['img-src']]
    for (const part of parts) expect(Object.isFrozen(part)).toBe(true)
  })
})

describe('the link of appleButton', () => {
  it.each([
    '/',
    '/login?returnTo=/classes&x=1#top',
    '/größe',
    'https://school.example/login',
    'https://school.example:8443',
  ])('leads to %s', (href) => {
    const escaped = href.replaceAll('&', '&amp;')
    expect(appleButton({ href }).html).toContain(`<a class="apple-button" href="${escaped}">`)
  })

  it.each([
    ...[
      'javascript:alert(1)',
      'JavaScript:alert(1)',
      ' javascript:alert(1)',
      '\tjavascript:alert(1)',
      'java\nscript:alert(1)',
    ],
    ...[
      'data:text/html,x',
      'vbscript:x',
      'blob:https://school.example/1',
      'mailto:a@school.example',
      'http://school.example/',
    ],
    ...[
      '//evil.example',
      '/\\evil.example',
      '\\/evil.example',
      '/\t/evil.example',
      '/\n/evil.example',
      ' /login',
      '/a b',
    ],
    ...[
      'login',
      './login',
      '',
      'https:',
      'https://',
      'https://me@school.example',
      'https://me:pw@school.example',
      '?x',
    ],
    ...[7, null, ['/login'], new URL('https://school.example'), { toString: () => '/login' }],
  ])('leads not to %j', (href) => {
    expect(mistakesIn({ href })).toEqual([
      '  - option href must be a path on this site, such as /auth/apple/login, or an https URL',
    ])
  })

  it('escapes what it is given', () => {
    const href = '/login?a="><script>alert(1)</script>&b=\''
    expect(appleButton({ href }).html).toContain(
      'href="/login?a=&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;b=&#39;"><img alt',
    )
    const { html } = appleButton({ imageBaseUrl: 'https://images.example/"\'<b>&', width: 200, height: 40 })
    expect(html).toContain(' src="https://images.example/%22&#39;%3Cb%3E&amp;/appleid/button?height=40&amp;width=200"')
    expect(html.match(/[<>]/g)).toHaveLength(6)
  })

  it.each<[AppleButtonOptions, number, number]>([
    [{ width: 375, height: 64 }, 375, 64],
    [{ layout: 'left', width: 200 }, 200, 30],
    [{ layout: 'logo' }, 30, 30],
    [{ layout: 'logo', size: 50, scale: 6 }, 50, 50],
  ])('holds the room for the image of %j before it is there, in points', (options, width, height) => {
    const { html, margin } = appleButton(options)
    expect(html).toContain(` width="${String(width)}" height="${String(height)}" `)
    expect(margin).toBe(height / 10)
  })

  it('offers finer screens a finer image, unless the scale is chosen', () => {
    const { html } = appleButton({ color: 'white', border: true })
    expect(html).toContain(
      `src="${cdn}?color=white&amp;border=true" srcset="${cdn}?color=white&amp;border=true&amp;scale=2 2x, ${cdn}?color=white&amp;border=true&amp;scale=3 3x"`,
    )
    for (const scale of [1, 4]) {
      const chosen = appleButton({ scale }).html
      expect(chosen).toContain(`src="${cdn}?scale=${String(scale)}"`)
      expect(chosen).not.toContain('srcset')
    }
  })

  it('says both titles in each of the 37 languages', () => {
    const titles = new Set<string>()
    for (const locale of locales) {
      for (const type of ['sign-in', 'continue'] as const) {
        const { html } = appleButton({ locale, type })
        const alt = /<img alt="([^"]+)" lang="([a-z]{2}-[A-Z]{2})" /.exec(html)?.[1] ?? ''
        expect([locale, alt]).toEqual([locale, expect.stringContaining('Apple')])
        titles.add(`${locale} ${alt}`)
        expect(appleButton({ locale, type, layout: 'left' }).html).toContain(` alt="${alt}" `)
      }
      expect(appleButton({ layout: 'logo', altLocale: locale }).html).toContain(
        / alt="[^"]+"/.exec(appleButton({ locale }).html)?.[0],
      )
    }
    // No language has one title for both.
    expect(titles.size).toBe(2 * 37)
    expect(appleButton({ locale: 'de_DE' }).html).toContain(' alt="Mit Apple anmelden" lang="de-DE" ')
    expect(appleButton({ locale: 'fr_CA', type: 'continue' }).html).toContain(
      ' alt="Continuer avec Apple" lang="fr-CA" ',
    )
    // iw is what Apple calls Hebrew; in HTML it is he.
    expect(appleButton({ locale: 'iw_IL' }).html).toContain(' lang="he-IL" ')
  })
})

describe('the image server of appleButton', () => {
  it.each([
    ['https://images.example', 'https://images.example'],
    ['https://images.example/', 'https://images.example'],
    ['https://images.example:8443/apple//', 'https://images.example:8443/apple'],
    ['http://127.0.0.1:3001', 'http://127.0.0.1:3001'],
    ['http://localhost:3001', 'http://localhost:3001'],
    ['http://[::1]:3001', 'http://[::1]:3001'],
    ['http://apple.localhost:3001', 'http://apple.localhost:3001'],
  ])('may be %s', (imageBaseUrl, base) => {
    const { imageUrl, contentSecurityPolicy } = appleButton({ imageBaseUrl })
    expect(imageUrl).toBe(`${base}/appleid/button`)
    expect(contentSecurityPolicy['img-src']).toEqual(["'self'", 'data:', new URL(base).origin])
  })

  it.each([
    ...[
      'http://images.example',
      'http://128.0.0.1',
      'http://localhost.evil.example',
      'http://10.0.0.1',
      'ftp://images.example',
    ],
    ...[
      'https://images.example?x',
      'https://images.example#x',
      'https://images.example/#',
      'https://me@images.example',
    ],
    ...[
      'images.example',
      '//images.example',
      '/images',
      '',
      'javascript:alert(1)',
      'data:image/png,x',
      ' https://images.example',
    ],
    ...[
      'https://images.example;script-src',
      "https://'unsafe-inline'",
      'https://a,b.example',
      'https://*.example',
      5,
      null,
    ],
  ])('must not be %j', (imageBaseUrl) => {
    const mistakes = mistakesIn({ imageBaseUrl })
    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toMatch(/^ {2}- option imageBaseUrl must be an https URL/)
  })
})

describe('the warnings of appleButton', () => {
  it('tell of a button that is narrower than 140 points', () => {
    expect(appleButton({ width: 139 }).warnings).toEqual([expect.stringContaining('width is 139')])
    expect(appleButton({ width: 139, layout: 'left' }).warnings).toHaveLength(1)
    expect(appleButton({ width: 140 }).warnings).toEqual([])
    expect(appleButton({ layout: 'logo', size: 30 }).warnings).toEqual([])
  })

  it('tell of white without an outline', () => {
    for (const layout of ['center', 'left', 'logo'] as const) {
      const [warning, ...others] = appleButton({ layout, color: 'white' }).warnings
      expect(others).toEqual([])
      expect(warning).toContain('color is white and border is not true')
      expect(warning?.includes('bare logo')).toBe(layout === 'logo')
      expect(appleButton({ layout, color: 'white', border: true }).warnings).toEqual([])
      expect(appleButton({ layout, color: 'black', border: false }).warnings).toEqual([])
    }
    expect(appleButton({ width: 130, color: 'white' }).warnings).toHaveLength(2)
  })
})

describe('the content security policy of appleButton', () => {
  it('is what helmet takes, and leaves all else as helmet has it', () => {
    const headers: Record<string, string> = {}
    const response = {
      setHeader: (name: string, value: string) => void (headers[name] = value),
      removeHeader: () => undefined,
    }
    const middleware = helmet.contentSecurityPolicy({ directives: appleButton().contentSecurityPolicy })
    middleware({} as never, response as never, () => undefined)
    const usual = Object.keys(helmet.contentSecurityPolicy.getDefaultDirectives())
    const directives = new Map(
      headers['Content-Security-Policy']?.split(';').map((directive) => {
        const [name = '', ...values] = directive.split(' ')
        return [name, values.join(' ')]
      }),
    )
    expect([...directives.keys()].sort()).toEqual(usual.sort())
    expect(directives.get('img-src')).toBe("'self' data: https://appleid.cdn-apple.com")
    expect(directives.get('script-src')).toBe("'self'")
  })
})
