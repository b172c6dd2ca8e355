/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'

// Jest runs CommonJS: these dependencies ship ES modules only and are compiled for the tests alone.
const esmOnly = ['jose', 'oauth4webapi', 'openid-client', 'leven', 'p-retry', 'is-network-error']

const shared = {
  transform: {
    '\\.[jt]s$': ['ts-jest', { tsconfig: { module: 'CommonJS', moduleResolution: 'bundler', allowJs: true } }],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^express-apple-auth$': '<rootDir>/src/index.ts',
    '^express-apple-auth/simulator$': '<rootDir>/src/simulator/index.ts',
    '^express-apple-auth/testing$': '<rootDir>/src/testing/index.ts',
  },
} satisfies Config

const config: Config = {
  // Most tests wait for sockets rather than for the processor. More workers than cores make stores too slow for some.
  maxWorkers: '100%',
  // A test that hangs ends; one on a busy machine does not.
  testTimeout: 30_000,
  globalSetup: '<rootDir>/test/support/signing-key.ts',
  projects: [
    { ...shared, displayName: 'express 5', testMatch: ['<rootDir>/test/**/*.test.ts'] },
    {
      ...shared,
      displayName: 'express 4',
      testMatch: [
        '<rootDir>/test/{flows,attacks}/**/*.test.ts',
        // What src/apple and src/roster do, which know no Express.
        '!**/test/attacks/{roster,key-set,token-endpoint,id-token-*,notification-token}.test.ts',
      ],
      moduleNameMapper: { ...shared.moduleNameMapper, '^express$': 'express4' },
    },
  ],
  collectCoverageFrom: ['src/**/*.ts'],
  coverageThreshold: { global: { lines: 95, branches: 90 } },
}

export default config
