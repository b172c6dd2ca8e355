import fc from 'fast-check'
import { variableNames } from '../../src/config/options.js'
import type { Loose } from '../config/environment.js'
import { clientSecret, independent, keyValues, mark, required, scopes, type Values } from './settings.js'

/** A configuration, and what an operator has to be told of it. */
export interface GeneratedConfiguration {
  readonly options: Loose
  readonly variables: Readonly<Record<string, string>>
  /** The options that are wrong, sorted. */
  readonly wrong: readonly string[]
  /** Texts that must not be shown. */
  readonly secrets: readonly string[]
}

/** One option as somebody set it. */
interface Setting {
  readonly option: string
  readonly value: unknown
  readonly isWrong: boolean
  readonly asVariable: boolean
}

function setting(option: string, { good, bad }: Values): fc.Arbitrary<Setting> {
  const of = (values: fc.Arbitrary<unknown>, isWrong: boolean): fc.Arbitrary<Setting> =>
    fc.record({ option: fc.constant(option), value: values, isWrong: fc.constant(isWrong), asVariable: fc.boolean() })
  return fc.oneof({ weight: 30, arbitrary: of(good, false) }, { weight: 1, arbitrary: of(bad, true) })
}

function settings(values: Readonly<Record<string, Values>>): fc.Arbitrary<Setting>[] {
  return Object.entries(values).map(([option, its]) => setting(option, its))
}

const service = setting('service', {
  good: fc.constantFrom(...Object.keys(scopes)),
  bad: fc.constantFrom(mark, 'Sign-In-With-Apple', '', 5, null),
})

function scopeFor(chosen: unknown): Values {
  const known = scopes[String(chosen)] ?? ['edu.users.read']
  const list = fc.subarray([...known])
  return {
    good: fc.oneof(
      list,
      list.filter((some) => some.length > 0).map((some) => some.join(', ')),
    ),
    bad: fc.constantFrom<unknown>(mark, [mark], [...known, mark], 5, null, {}),
  }
}

const byKey = fc.tuple(...settings(keyValues))
const bySecret = fc.tuple(
  setting('clientSecret', clientSecret),
  fc.constant({ option: 'teamId', value: 'TEAM123456', isWrong: false, asVariable: true }),
  fc.constant({ option: 'clientId', value: 'com.example.web', isWrong: false, asVariable: true }),
)
const optional = fc
  .tuple(...settings(independent).map((each) => fc.option(each, { freq: 2, nil: undefined })))
  .map((them) => them.filter((each) => each !== undefined))

const unknownOption = fc
  .constantFrom('clientID', 'scopes', 'redirectURI', 'constructor', '__proto__', 'toString', 'wibble', '')
  .map((option): Setting => ({ option, value: mark, isWrong: true, asVariable: false }))
function seldom(one: fc.Arbitrary<Setting>): fc.Arbitrary<readonly Setting[]> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.tuple(one) })
}

const schoolPrefix = 'APPLE_SCHOOL_'
const envPrefix = fc.constantFrom<Setting>(
  { option: 'envPrefix', value: schoolPrefix, isWrong: false, asVariable: false },
  { option: 'envPrefix', value: `${mark}_`, isWrong: true, asVariable: false },
  { option: 'envPrefix', value: 5, isWrong: true, asVariable: false },
)

/** Options and variables, most of them right, and the mistakes that are in them. */
export const generatedConfiguration: fc.Arbitrary<GeneratedConfiguration> = fc
  .tuple(
    service.chain((chosen) => fc.tuple(fc.constant(chosen), setting('scope', scopeFor(chosen.value)))),
    fc.tuple(...settings(required)),
    optional,
    fc.oneof({ weight: 3, arbitrary: byKey }, { weight: 1, arbitrary: bySecret }),
    seldom(unknownOption),
    seldom(envPrefix),
  )
  // What comes later wins: the client id of a ready-made secret.
  .map((groups) => assemble([...new Map(groups.flat().map((each) => [each.option, each])).values()]))

function assemble(all: readonly Setting[]): GeneratedConfiguration {
  const wrong = all.filter(({ isWrong }) => isWrong).map(({ option }) => option)
  const prefix = all.some(({ value }) => value === schoolPrefix) ? schoolPrefix : 'APPLE_'
  const options: [string, unknown][] = []
  const variables: Record<string, string> = {}
  for (const { option, value, asVariable } of all.map((each) => (wrong.length > 0 ? withStoreUrl(each) : each))) {
    const name = Object.hasOwn(variableNames, option) ? variableNames[option as keyof typeof variableNames] : undefined
    // An empty variable is an absent one, and none can hold a NUL.
    const canBeVariable = typeof value === 'string' && value.trim() !== '' && !value.includes('\0')
    if (asVariable && name !== undefined && canBeVariable) variables[prefix + name] = value
    else options.push([option, value])
  }
  const secrets = all
    .filter(({ option }) => ['privateKey', 'clientSecret', 'tokenEncryptionKeys'].includes(option))
    .flatMap(({ value }) => value)
    .filter((value) => typeof value === 'string')
  return { options: Object.fromEntries(options), variables, wrong: wrong.sort(), secrets }
}

/** An instance would connect to what a URL names, so a good one is given only where there will be no instance. */
function withStoreUrl(setting: Setting): Setting {
  const { option, isWrong } = setting
  return option === 'store' && !isWrong ? { ...setting, value: `redis://:${mark}@localhost` } : setting
}
