import { testMove } from './test-move.js'

testMove({ from: 'apple-signin-auth', heading: 'Moving from apple-signin-auth' })
