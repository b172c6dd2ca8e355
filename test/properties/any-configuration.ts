import fc from 'fast-check'
import { variableNames } from '../../src/config/options.js'
import type { GeneratedConfiguration } from './configurations.js'
import { clientSecret, independent, keyValues, mark, required } from './settings.js'

/** Values of every kind, under names that are known and names that are not; nothing is promised but an answer. */
export const anyConfiguration: fc.Arbitrary<Pick<GeneratedConfiguration, 'options' | 'variables'>> = fc.record({
  options: fc.dictionary(
    fc.oneof(fc.constantFrom(...Object.keys(variableNames)), fc.string({ unit: 'binary', maxLength: 12 })),
    fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withObjectString: true,
        withSet: true,
        withTypedArray: true,
        withSparseArray: true,
        stringUnit: 'binary',
        withBoxedValues: true,
      }),
      anyText(),
    ),
    { maxKeys: 12 },
  ),
  variables: fc.dictionary(
    fc.oneof(
      fc.constantFrom(...Object.values(variableNames).map((name) => `APPLE_${name ?? 'NAME'}`)),
      fc.stringMatching(/^APPLE_[A-Z_]{1,12}$/),
    ),
    anyText().map((text) => text.replaceAll('\0', '')),
    { maxKeys: 12 },
  ),
})

function anyText(): fc.Arbitrary<string> {
  const values = { ...independent, ...required, ...keyValues, clientSecret }
  const texts = Object.values(values).flatMap(({ good, bad }) => [good, bad])
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    ...texts.map((each) => each.map((value) => (typeof value === 'string' ? value : mark))),
  )
}
