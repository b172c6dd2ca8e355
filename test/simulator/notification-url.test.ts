import { describe, expect, it } from '@jest/globals'
import { createAppleSimulator } from '../../src/simulator/index.js'
import { redirectUri } from './support/app.js'

describe('requireNotificationUrl', () => {
  const { createClient } = createAppleSimulator()
  const create = (notificationUrl: string) =>
    createClient({ service: 'sign-in-with-apple', redirectUris: [redirectUri], notificationUrl })

  it.each([
    'https://app.example.org/apple/notifications?tenant=1',
    'https://localhost:8443/notifications',
    'http://localhost:3000/notifications',
    'http://127.0.0.1:3000/',
    'http://127.0.0.2/notifications',
    'http://[::1]:3000/notifications',
  ])('takes %s', (url) => {
    expect(() => create(url)).not.toThrow()
  })

  it.each([
    ['/notifications', 'is not an absolute URL'],
    ['', 'is not an absolute URL'],
    ['https://app.example.org/a b', 'is not an absolute URL'],
    [7 as unknown as string, 'is not an absolute URL'],
    ['http://app.example.org/notifications', 'is not https'],
    ['http://127.0.0.1.example.org/', 'is not https'],
    ['http://localhost.example.org/', 'is not https'],
    ['ftp://127.0.0.1/', 'is not https'],
    ['https://app.example.org/#top', 'has a fragment'],
    ['https://user:pass@app.example.org/', 'carries a user name'],
  ])('refuses %s because it %s', (url, why) => {
    expect(() => create(url)).toThrow(TypeError)
    expect(() => create(url)).toThrow(`The notificationUrl ${url} ${why}`)
  })
})
