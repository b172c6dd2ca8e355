import { createAppleSimulator } from '../../src/simulator/index.js'

/** What the reader needs to reach the school. */
export interface SimulatedSchool {
  readonly organizationId: string
  readonly administratorId: string
  /** The reader's APPLE_* variables. */
  readonly environment: Readonly<Record<string, string>>
}

/** A process of its own, so that making the pages costs the reader nothing: Apple, with one school of the given size. */
async function simulate(size: number, redirectUri: string): Promise<SimulatedSchool> {
  const organizationId = '5f0f6d1e-0009-4a5c-9a51-51c7b0a1f009'
  const administratorId = '000001.YWRtaW5pc3RyYXRvcm9mdGhlc2Nob29sMDAwMDA.MDAw'
  const simulator = createAppleSimulator({
    schools: [{ id: organizationId, name: 'Large School', size }],
    people: [
      { id: administratorId, givenName: 'School', familyName: 'Administrator', role: 'administrator', organizationId },
    ],
  })
  await simulator.listen()
  const { environment } = simulator.createClient({ service: 'account-data-sharing', redirectUris: [redirectUri] })
  return { organizationId, administratorId, environment }
}

process.once('disconnect', () => process.exit())
simulate(Number(process.argv[2]), process.argv[3] ?? '').then(
  (school) => process.send?.(school),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
