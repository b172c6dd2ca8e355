import type { Config } from 'jest'
import root from '../../jest.config.js'

const [express5] = (root.projects ?? []) as Config[]

/** The root's configuration, but for what stands in the package's place. */
export const naiveConfig: Config = {
  ...express5,
  displayName: 'naive',
  testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/test/naive/takes-effect.ts'],
  moduleNameMapper: {
    // The first that matches counts.
    '/src/index\\.js$': '<rootDir>/test/naive/index.ts',
    ...express5?.moduleNameMapper,
    '^express-apple-auth$': '<rootDir>/test/naive/index.ts',
  },
}
