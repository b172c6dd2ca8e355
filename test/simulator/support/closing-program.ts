import { createAppleSimulator } from '../../../src/simulator/index.js'

/** Tells an app, whose address is the argument, 60 things that it does not take, and closes: then nothing may be left. */
async function run(notificationUrl: string): Promise<void> {
  const simulator = createAppleSimulator({ notificationRetryWaitsMs: [2 ** 31 - 1] })
  await simulator.listen()
  simulator.createClient({ service: 'sign-in-with-apple', redirectUris: ['http://localhost/'], notificationUrl })
  const personId = simulator.people[0]?.id ?? ''
  const told = Array.from({ length: 60 }, () => simulator.notify({ type: 'consent-revoked', personId }))
  // Forty wait to be sent again, twenty for an answer.
  while (simulator.notifications.some(({ attempts }) => attempts === 0)) await new Promise(setImmediate)
  await simulator.close()
  const givenUp = (await Promise.all(told)).filter(({ attempts, status }) => attempts === 1 && status !== 200)
  console.log(`${String(givenUp.length)} given up`)
}

void run(process.argv[2] ?? '')
