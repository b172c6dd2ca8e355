// Neither of the two strategies comes with types; this is as much as the tests use.

declare module '@nicokaiser/passport-apple' {
  import type { Request } from 'express'
  import { Strategy } from 'passport'

  interface Profile {
    readonly id: string
    readonly email?: string
    readonly name?: { readonly firstName: string; readonly lastName: string }
  }

  export default class AppleStrategy extends Strategy {
    constructor(
      options: {
        clientID: string
        teamID: string
        keyID: string
        key: string
        callbackURL: string
        scope: string[]
        state: boolean
        verifyNonce: (req: Request, nonce: unknown, done: (error: Error | null, isRight: boolean) => void) => void
      },
      verify: (
        accessToken: string,
        refreshToken: string,
        profile: Profile,
        done: (error: Error | null, user?: unknown) => void,
      ) => void,
    )
  }
}

declare module 'passport-apple' {
  import type { Request } from 'express'
  import { Strategy } from 'passport'

  export default class AppleStrategy extends Strategy {
    constructor(
      options: {
        clientID: string
        teamID: string
        keyID: string
        privateKeyString: string
        callbackURL: string
        passReqToCallback: true
      },
      verify: (
        req: Request,
        accessToken: string,
        refreshToken: string,
        idToken: string,
        profile: unknown,
        done: (error: Error | null, user?: unknown) => void,
      ) => void,
    )
  }
}
