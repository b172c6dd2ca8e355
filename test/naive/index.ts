/**
 * WHAT NOT TO DO. A login as a hurried tutorial would write it: it decodes, trusts, and never looks at state.
 *
 * The tests of the catalogue are run against it (`npm run test:naive`), so that they can be seen to bite: the happy paths
 * work, and whatever else comes is taken. Nothing of the package imports this, and nothing ever should.
 */
export { appleAuth, requireAppleAuth } from './apple-auth.js'
export * from '../../src/errors.js'
