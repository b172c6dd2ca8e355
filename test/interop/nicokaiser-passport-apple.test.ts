import { testClient } from './test-client.js'

testClient('nicokaiser-passport-apple', { asksFor: { scope: 'name email' } })
