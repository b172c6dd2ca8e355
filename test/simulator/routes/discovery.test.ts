import { describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { createAppleSimulator } from '../../../src/simulator/index.js'

describe('discoveryRoute', () => {
  it('names the issuer, Sign in with Apple’s endpoints and what was seen of Apple’s document', async () => {
    const simulator = createAppleSimulator()
    const url = await simulator.listen()
    const answer = await fetch(`${url}/.well-known/openid-configuration`)
    const document = (await answer.json()) as Record<string, string>
    await simulator.close()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect(document).toMatchObject({
      issuer: url,
      authorization_endpoint: `${url}/auth/authorize`,
      token_endpoint: `${url}/auth/token`,
      revocation_endpoint: `${url}/auth/revoke`,
      jwks_uri: `${url}/auth/keys`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    })
    expect(Object.keys(document)).not.toContain('userinfo_endpoint')
    expect(Object.keys(document)).not.toContain('code_challenge_methods_supported')
  })

  it('speaks of baseUrl where the simulator is mounted elsewhere, and tells whoever forgot it', async () => {
    const elsewhere = createAppleSimulator({ baseUrl: 'https://appleid.apple.com' })
    const forgotten = createAppleSimulator()
    expect(await documentOf(elsewhere)).toContain('"issuer":"https://appleid.apple.com"')
    expect(await documentOf(forgotten)).toContain('The Apple simulator failed: The Apple simulator has no url yet')
  })
})

async function documentOf({ app }: ReturnType<typeof createAppleSimulator>): Promise<string> {
  return (await request(app).get('/.well-known/openid-configuration').buffer(true)).text
}
