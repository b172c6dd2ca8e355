import { testClient } from './test-client.js'

testClient('apple-signin-auth', { asksFor: { scope: 'openid name email' } })
