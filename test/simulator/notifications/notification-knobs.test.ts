import { describe, expect, it } from '@jest/globals'
import { createAppleSimulator } from '../../../src/simulator/index.js'

describe('parseNotificationKnobs', () => {
  const waits = 'The option notificationRetryWaitsMs must be a list of whole numbers from 0 to 2147483647.'

  it.each([
    [{ notificationEvents: 'xml' }, 'The option notificationEvents must be one of string, object, array.'],
    [{ notificationEvents: '' }, 'The option notificationEvents must be one of string, object, array.'],
    [{ notificationEventTime: 's' }, 'The option notificationEventTime must be one of milliseconds, seconds.'],
    [{ notificationExp: true }, 'The option notificationExp must be one of sent, omitted.'],
    [{ accountDeletionType: 'deleted' }, 'The option accountDeletionType must be one of account-deleted, account-del'],
    [{ notificationRetryWaitsMs: 1000 }, waits],
    [{ notificationRetryWaitsMs: [1, -1] }, waits],
    [{ notificationRetryWaitsMs: [1.5] }, waits],
    [{ notificationRetryWaitsMs: [2 ** 31] }, waits],
    [{ notificationRetryWaitsMs: ['1'] }, waits],
    [{ notificationRetryWaits: [1] }, 'createAppleSimulator has no "notificationRetryWaits"'],
  ])('refuses %j with a sentence', (options, message) => {
    expect(() => createAppleSimulator(options as object)).toThrow(message)
  })

  it('takes every value there is, no waits at all, and what is left undefined', () => {
    const options = [
      { notificationEvents: 'object', notificationEventTime: 'seconds', notificationExp: 'omitted' },
      { accountDeletionType: 'account-delete', notificationRetryWaitsMs: [] },
      { notificationEvents: undefined, notificationRetryWaitsMs: undefined, accountDeletionType: undefined },
    ]
    for (const each of options) expect(() => createAppleSimulator(each as object)).not.toThrow()
  })
})
