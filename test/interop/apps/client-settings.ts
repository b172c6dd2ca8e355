/** What an app knows when it starts. */
export interface ClientSettings {
  readonly clientId: string
  readonly teamId: string
  readonly keyId: string
  /** PKCS#8 PEM. */
  readonly privateKey: string
  readonly redirectUri: string
  /** Without a slash at its end. */
  readonly appUrl: string
  /** Who Apple says it is in id_tokens. */
  readonly issuer: string
}
