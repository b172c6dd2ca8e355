import { Browser } from '../nodes/browser.js'

/** What 302 or 200 was not the answer to. */
export class HitError extends Error {}

/** The longest path that is taken as `returnTo`, in characters. */
const longestPath = 1536
/** Browsers that come again and again. */
const regulars = 4
const width = 8

/** Opens /login so often as nobody: in new browsers and in some that come back, by every way that begins a login. */
export async function hitLogin(siteUrl: string, count: number): Promise<void> {
  const returning = Array.from({ length: regulars }, () => new Browser(siteUrl))
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < count) {
      const index = begun++
      // Some of the regulars come with several requests at once.
      const regular = returning[Math.floor(Math.random() * regulars)] ?? new Browser(siteUrl)
      await hit(siteUrl, index, regular)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

async function hit(siteUrl: string, index: number, regular: Browser): Promise<void> {
  const newcomer = new Browser(siteUrl)
  const ways = [
    () => newcomer.get('/auth/apple/login'),
    () => newcomer.get(`/auth/apple/login?returnTo=${longPath(longestPath)}`),
    () => newcomer.get(longPath(longestPath).replace(/^\/./, '/private?')),
    () => regular.get(`/auth/apple/login?returnTo=${longPath(Math.ceil(Math.random() * longestPath))}`),
    () => regular.get(`/auth/apple/login?returnTo=${longPath(longestPath)}`),
  ]
  const answer = index % 10 === 9 ? await hitAsAppleJs(siteUrl) : await ways[index % ways.length]?.()
  const wanted = index % 10 === 9 ? 200 : 302
  if (answer?.status !== wanted) throw new HitError(`hit ${String(index)} was answered ${String(answer?.status)}`)
}

/** A path of that length, where `returnTo` takes it without a change. */
function longPath(length: number): string {
  return '/'.padEnd(length, 'p')
}

async function hitAsAppleJs(siteUrl: string): Promise<{ status: number }> {
  const url = `${siteUrl}/auth/apple/login?returnTo=${longPath(longestPath)}`
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  await response.arrayBuffer()
  return response
}
