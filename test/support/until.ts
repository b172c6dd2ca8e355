/** Waits for something to come true. A test that waits in vain does not hold the process. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5).unref())
}
