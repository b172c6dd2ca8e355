import { jest } from '@jest/globals'

/** What this package warns of while something runs. Jest's own process hides the event, so the call is watched. */
export async function collectWarnings(run: () => Promise<unknown>): Promise<{ code: string; message: string }[]> {
  const warnings: { code: string; message: string }[] = []
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation((message: unknown, options: unknown) => {
    warnings.push({ code: (options as { code: string }).code, message: String(message) })
  })
  try {
    await run()
  } finally {
    spy.mockRestore()
  }
  return warnings
}
