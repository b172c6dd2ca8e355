import { afterEach, describe, expect, it } from '@jest/globals'
import { appleAuth, AppleArgumentError, type AppleAuthOptions, AppleConfigError } from '../../src/index.js'
import { p8 } from '../support/test-app.js'
import { configure, good, problemsOf, refusal, restoreVariables, setVariables } from './environment.js'
import { authorizeUrl } from './login-page.js'

afterEach(restoreVariables)

const goodVariables = {
  APPLE_CLIENT_ID: 'com.example.variable',
  APPLE_TEAM_ID: 'TEAM123456',
  APPLE_KEY_ID: 'KEY1234567',
  APPLE_PRIVATE_KEY: p8,
  APPLE_REDIRECT_URI: 'https://school.example/auth/apple/callback',
}

async function clientIdIn(auth: ReturnType<typeof appleAuth>): Promise<string | null> {
  return (await authorizeUrl(auth)).searchParams.get('client_id')
}

describe('appleAuth: where settings come from', () => {
  it('needs nothing but variables', async () => {
    setVariables(goodVariables)
    expect(await clientIdIn(appleAuth())).toBe('com.example.variable')
  })

  it('needs nothing but options', async () => {
    expect(await clientIdIn(configure(good))).toBe('com.example.web')
  })

  it('lets an option win over its variable', async () => {
    expect(await clientIdIn(configure({ clientId: 'com.example.option' }, goodVariables))).toBe('com.example.option')
  })

  it('takes undefined for an absent option', async () => {
    expect(await clientIdIn(configure({ clientId: undefined }, goodVariables))).toBe('com.example.variable')
  })

  it.each(['', '  ', '\n'])('takes %j for an absent variable', (empty) => {
    const { problems } = refusal({}, { ...goodVariables, APPLE_CLIENT_ID: empty })
    expect(problems).toMatchObject([{ option: 'clientId', variable: 'APPLE_CLIENT_ID' }])
    expect(problems[0]?.message).toMatch(/^is missing/)
  })

  it('reads the environment once: what changes later changes nothing', async () => {
    setVariables(goodVariables)
    const auth = appleAuth()
    setVariables({ ...goodVariables, APPLE_CLIENT_ID: 'com.example.later' })
    expect(await clientIdIn(auth)).toBe('com.example.variable')
  })

  it('copies the options: what changes in them later changes nothing', async () => {
    const scope = ['edu.users.read']
    const options: AppleAuthOptions = { ...good, scope }
    const auth = appleAuth(options)
    options.clientId = 'com.example.later'
    scope.push('edu.classes.read')
    const url = await authorizeUrl(auth)
    expect(url.searchParams.get('client_id')).toBe('com.example.web')
    expect(url.searchParams.get('scope')).toBe('edu.users.read')
  })

  it('gives back an instance that nobody can change', () => {
    expect(Object.isFrozen(configure(good))).toBe(true)
  })
})

describe('appleAuth: what is missing', () => {
  it('lists everything that is required at once', () => {
    const error = refusal({})
    expect(error.problems.map(({ option, variable }) => [option, variable])).toEqual(
      expect.arrayContaining([
        ['clientId', 'APPLE_CLIENT_ID'],
        ['teamId', 'APPLE_TEAM_ID'],
        ['keyId', 'APPLE_KEY_ID'],
        ['privateKey', 'APPLE_PRIVATE_KEY'],
        ['redirectUri', 'APPLE_REDIRECT_URI'],
      ]),
    )
    expect(error.problems).toHaveLength(5)
  })

  it.each(['clientId', 'teamId', 'keyId', 'privateKey', 'redirectUri'])('says that %s is missing', (option) => {
    const [problem, ...more] = problemsOf({ [option]: undefined })
    expect(problem).toMatchObject({ option, message: expect.stringMatching(/^is missing: \S+ \S+/) })
    expect(more).toEqual([])
  })

  it('points at a variable that looks like a slip', () => {
    const { message } = refusal({ ...good, clientId: undefined }, { APPLE_CLEINT_ID: 'com.example.web' })
    expect(message).toContain('APPLE_CLEINT_ID')
    expect(message).not.toContain('com.example.web')
  })

  it("takes another instance's variable for no slip", () => {
    const { message } = refusal(
      { ...good, clientId: undefined, envPrefix: 'APPLE2_' },
      { APPLE_CLIENT_ID: 'com.example.web' },
    )
    expect(message).toContain('APPLE2_CLIENT_ID')
    expect(message).not.toContain('APPLE_CLIENT_ID')
  })

  it('says which ways there are when several keys are given, and to give one', () => {
    const [problem, ...more] = problemsOf({ clientSecret: 'a.b.c' }, { APPLE_PRIVATE_KEY_FILE: '/nowhere.p8' })
    expect(problem).toMatchObject({ option: 'privateKey', variable: 'APPLE_PRIVATE_KEY' })
    expect(problem?.message).toMatch(/privateKey\b.*privateKeyFile\b.*clientSecret\b.*give one of them/)
    expect(more).toEqual([])
  })
})

describe('AppleConfigError from appleAuth', () => {
  const wrong = {
    service: 'apple',
    clientId: ' ',
    teamId: 'team',
    keyId: 'key',
    privateKey: 'key',
    redirectUri: 'school',
    scope: 'all',
    pkce: 'yes',
    httpTimeoutMs: 0,
    onLogin: 'listen',
    wibbleWobbleWibbleWobble: 1,
  }

  it('names every problem at once, in the message as in the list', () => {
    const error = refusal(wrong)
    expect(error.problems.map(({ option }) => option).sort()).toEqual(Object.keys(wrong).sort())
    const lines = error.message.split('\n').slice(1)
    expect(lines).toHaveLength(error.problems.length)
    for (const { option, variable, message } of error.problems) {
      expect(message).toMatch(/\S+ \S+ \S+/)
      expect(lines).toContainEqual(expect.stringContaining(`option ${option}`))
      if (variable !== undefined) expect(error.message).toContain(`${variable} (option ${option}) ${message}`)
    }
  })

  it('names no variable where there is none', () => {
    const problem = refusal(wrong).problems.find(({ option }) => option === 'onLogin')
    expect(problem).toEqual({ option: 'onLogin', variable: undefined, message: 'must be a function' })
  })

  it('has a list that nobody can change', () => {
    expect(Object.isFrozen(refusal(wrong).problems)).toBe(true)
  })

  it.each([
    ['clientID', 'clientId'],
    ['client_id', 'clientId'],
    ['redirectURI', 'redirectUri'],
    ['scopes', 'scope'],
    ['privatekey', 'privateKey'],
    ['timeoutMs', 'httpTimeoutMs'],
    ['tokenEncryptionKey', 'tokenEncryptionKeys'],
  ])('refuses the unknown option %s and suggests %s', (unknown, nearest) => {
    const [problem, ...more] = problemsOf({ [unknown]: 'x' })
    expect(problem).toEqual({ option: unknown, variable: undefined, message: `is not known; did you mean ${nearest}?` })
    expect(more).toEqual([])
  })

  it('refuses an unknown option even when it is undefined, since that is a slip too', () => {
    expect(problemsOf({ clientID: undefined })).toMatchObject([{ option: 'clientID' }])
  })

  it('suggests nothing for what is like nothing', () => {
    expect(problemsOf({ wibbleWobbleWibbleWobble: 1 })).toMatchObject([{ message: 'is not known; remove it' }])
  })

  it.each(['constructor', 'toString', '__proto__'])('takes %s for an unknown option like any other', (name) => {
    const changes = JSON.parse(`{ "${name}": 1 }`) as Record<string, unknown>
    expect(refusal(Object.assign(changes, good)).problems).toMatchObject([{ option: name }])
  })

  it.each([['text'], [5], [null], [[]], [() => good]])('refuses %p instead of an object', (options) => {
    let thrown: unknown
    try {
      appleAuth(options as AppleAuthOptions)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(AppleArgumentError)
    expect(thrown).not.toBeInstanceOf(AppleConfigError)
  })
})

describe('appleAuth with a variable that means nothing', () => {
  it('warns where it looks like one of ours misspelt, and of nothing else', async () => {
    const { collectWarnings } = await import('../support/warnings.js')
    const variables = {
      APPLE_TOKEN_ENCRYPTION_KEY: 'x',
      APPLE_SCOPES: 'email',
      APPLE_ID: 'x',
      APPLE_SCHOOL_CLIENT_ID: 'x',
    }
    const warnings = await collectWarnings(() => Promise.resolve(configure(good, variables)))
    expect(warnings.map(({ message }) => message)).toEqual([
      'APPLE_TOKEN_ENCRYPTION_KEY is set and means nothing here: is APPLE_TOKEN_ENCRYPTION_KEYS meant?',
      'APPLE_SCOPES is set and means nothing here: is APPLE_SCOPE meant?',
    ])
  })
})
