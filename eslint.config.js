import { existsSync } from 'node:fs'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Which room of the house may not import what; README's "The house" says why. */
function keepOut(files, ...bans) {
  const patterns = bans.map(([regex, message]) => ({ regex, message }))
  return { files, rules: { 'no-restricted-imports': ['error', { patterns }] } }
}

/** Nothing of the package's heart imports these. */
const above = ['transfer', 'button', 'simulator', 'testing', 'cli']
const noExpress = ['^express(-session)?$', 'This room knows no Express: take what you need as an argument.']
const room = (...names) => `/(${names.join('|')})(/|\\.js$)`
const oneWay = 'Imports point one way: http -> connections -> revocations -> session, apple, roster -> config, errors.'
const onlyClient = ['^openid-client$', 'Only src/apple/client.ts speaks openid-client.']

export default defineConfig(
  // The benchmarks are a package of their own: without what they depend on, their types say nothing.
  globalIgnores([
    'dist',
    'coverage',
    'test/bench/built',
    ...(existsSync('test/bench/node_modules') ? [] : ['test/bench']),
  ]),
  tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-deprecated': [
        'error',
        // Marked so by openid-client to make one think twice; the configuration lets http pass on loopback alone.
        { allow: [{ from: 'package', name: 'allowInsecureRequests', package: 'openid-client' }] },
      ],
      // Express is extended in a namespace.
      '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      // Bodies and headers of answers are of any type until a test has looked at them.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  keepOut(['src/config/**'], onlyClient, [
    room('http', 'connections', 'revocations', 'session', 'roster', ...above),
    oneWay,
  ]),
  keepOut(['src/apple/**'], noExpress, [
    room('http', 'connections', 'revocations', 'session', 'roster', ...above),
    oneWay,
  ]),
  keepOut(['src/roster/**'], noExpress, onlyClient, [
    room('http', 'connections', 'revocations', 'session', ...above),
    oneWay,
  ]),
  keepOut(['src/connections/**'], noExpress, onlyClient, [room('http', ...above), oneWay]),
  keepOut(['src/revocations/**'], noExpress, onlyClient, [room('http', 'connections', ...above), oneWay]),
  keepOut(['src/session/**'], onlyClient, [
    room('http', 'connections', 'revocations', 'apple', 'roster', ...above),
    oneWay,
  ]),
  keepOut(['src/http/**'], onlyClient, [room(...above), oneWay]),
  keepOut(['src/transfer/**'], noExpress, onlyClient, [
    room('http', 'connections', 'revocations', 'session', 'roster', ...above),
    oneWay,
  ]),
  keepOut(['src/button/**'], noExpress, onlyClient, [
    room('http', 'connections', 'revocations', 'session', 'apple', 'roster', 'config', ...above),
    'A button is a URL and some HTML: it needs nothing of the rest.',
  ]),
  keepOut(['src/testing/**'], onlyClient, [
    room('http', 'connections', 'revocations', 'session', 'apple', 'roster', 'config', 'cli'),
    'The test kit plays Apple and the person; the app under test is a stranger to it.',
  ]),
  keepOut(['src/cli/**'], onlyClient, [
    room('http', 'connections', 'revocations', 'session', 'roster', 'testing'),
    'The command line looks at the configuration, asks Apple and starts the simulator; it runs no app.',
  ]),
  keepOut(
    ['src/simulator/**'],
    onlyClient,
    ['^jose$', 'The simulator reads the RFCs for itself: two readings check each other.'],
    [
      room(
        'http',
        'connections',
        'revocations',
        'session',
        'apple',
        'roster',
        'config',
        'button',
        'transfer',
        'testing',
        'cli',
      ),
      'The simulator shares no code with the client it judges.',
    ],
  ),
  {
    // Types of what the rooms hand to the app; nothing of theirs is run here.
    files: ['src/config/options.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['src/apple/client.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: noExpress[0], message: noExpress[1] },
            {
              regex: room('http', 'connections', 'revocations', 'session', 'roster', ...above),
              message: oneWay,
            },
          ],
        },
      ],
    },
  },
)
