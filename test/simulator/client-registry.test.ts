import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { createAppleSimulator, type SimulatorClient } from '../../src/simulator/index.js'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = { keyId: 'KEY0000001', publicKey, services: ['sign-in-with-apple' as const] }

const right: SimulatorClient = {
  clientId: 'com.example.app',
  teamId: 'TEAM000001',
  keys: [key],
  redirectUris: ['https://app.example.org/callback'],
  services: ['sign-in-with-apple'],
}

function register(changes: object) {
  createAppleSimulator().registerClient({ ...right, ...changes })
}

describe('createClientRegistry', () => {
  it.each([
    ['a right client', {}],
    ['a key as PEM', { keys: [{ ...key, publicKey: publicKey.export({ format: 'pem', type: 'spki' }) }] }],
    ['a private key, of which it keeps the public half', { keys: [{ ...key, publicKey: privateKey }] }],
    ['http on localhost', { redirectUris: ['http://localhost:3000/callback'] }],
    ['http on 127.0.0.1', { redirectUris: ['http://127.0.0.1/callback'] }],
    ['http on ::1', { redirectUris: ['http://[::1]:8080/callback'] }],
    ['fewer scopes', { scopes: ['email'] }],
    ['a bundle id, which has no redirect URI', { redirectUris: [] }],
  ])('takes %s', (_case, changes) => {
    expect(() => {
      register(changes)
    }).not.toThrow()
  })

  it.each([
    ['an unknown member', { redirectUri: 'x' }, 'A simulator client has no "redirectUri"'],
    ['an empty client id', { clientId: '' }, 'The clientId must be an App ID or Services ID'],
    ['a client id with other characters', { clientId: 'com.example.<b>' }, 'The clientId must be an App ID'],
    ['a client id that contains the Team ID', { clientId: 'TEAM000001.app' }, 'must not contain the Team ID'],
    ['a Team ID of another form', { teamId: 'team000001' }, 'The teamId "team000001" must have ten characters'],
    ['no service', { services: [] }, 'The services of client com.example.app must be one or both of'],
    ['an unknown service', { services: ['roster'] }, 'The services of client com.example.app must be'],
    ['an unknown scope', { scopes: ['edu.users.read'] }, 'The scope edu.users.read of com.example.app is unknown'],
    ['no key', { keys: [] }, 'needs at least one key'],
    ['an unknown member of a key', { keys: [{ ...key, kid: 'x' }] }, 'A client key has no "kid"'],
    ['a key id of another form', { keys: [{ ...key, keyId: 'KEY' }] }, 'The keyId "KEY" must have ten characters'],
    ['a key for no service', { keys: [{ ...key, services: [] }] }, 'The services of key KEY0000001'],
    ['a key that cannot be read', { keys: [{ ...key, publicKey: 'PEM' }] }, 'The public key KEY0000001 cannot be read'],
    ['an RSA key', { keys: [{ ...key, publicKey: rsa.publicKey }] }, 'must be an EC key on P-256'],
    [
      'no redirect URI',
      { redirectUris: [], services: ['account-data-sharing'] },
      'The client com.example.app needs at least one redirect URI',
    ],
  ])('refuses %s', (_case, changes, message) => {
    expect(() => {
      register(changes)
    }).toThrow(message)
  })

  it.each([
    ['callback', 'is not an absolute URL'],
    ['https://app.example.org/c b', 'is not an absolute URL'],
    ['http://app.example.org/callback', 'is not https'],
    ['myapp://callback', 'is not https'],
    ['https://app.example.org/callback#top', 'has a fragment'],
    ['https://user:pass@app.example.org/', 'carries a user name'],
    ['https://203.0.113.7/callback', 'names an IP address'],
    ['https://[2001:db8::1]/callback', 'names an IP address'],
    ['https://localhost/callback', 'names localhost'],
    ['https://app.localhost/callback', 'names localhost'],
    ['https://intranet/callback', 'names no domain'],
  ])('refuses the redirect URI %s because it %s', (uri, why) => {
    expect(() => {
      register({ redirectUris: [uri] })
    }).toThrow(`The redirect URI ${uri} ${why}`)
  })

  it('refuses the same client id twice', () => {
    const simulator = createAppleSimulator({ clients: [right] })
    expect(() => {
      simulator.registerClient(right)
    }).toThrow('The client com.example.app is already registered.')
  })
})
