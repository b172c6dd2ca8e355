import type { ServerResponse } from 'node:http'
import type { LoopbackApple } from '../support/loopback-apple.js'

/** What Apple has heard of one refresh token. */
interface Told {
  requests: number
  /** When it first said yes; by `performance.now()`. */
  acceptedAt: number | undefined
}

/** How the revoke endpoint is in. */
type Mood = 'answers' | 'refuses' | 'hangs' | 'breaks'

const moods: readonly Mood[] = ['answers', 'refuses', 'hangs', 'breaks']
/** How long a mood lasts, in milliseconds: at least, and so much more by chance. */
const shortestMoodMs = 100
const moodMs = 300

/** Makes Apple's revoke endpoint change its mind all the time, and remembers which tokens it has taken back. */
export class FlappingApple {
  /** How many requests wait for an answer that never comes. */
  hanging = 0
  readonly #told = new Map<string, Told>()
  #mood: Mood = 'answers'
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly apple: LoopbackApple) {
    apple.misbehave = ({ path, form }, res) => {
      if (!path.endsWith('/revoke')) return false
      this.#revoke(form.get('token') ?? '', res)
      return true
    }
  }

  /** Has the next login get this refresh token. */
  nextRefreshToken(token: string): void {
    this.apple.tokenAnswer = { refresh_token: token }
  }

  /** Changes its mood now, and then again and again. */
  flap(mood = moods[Math.floor(Math.random() * moods.length)] ?? 'answers'): void {
    clearTimeout(this.#timer)
    this.#mood = mood
    const next = (): void => {
      this.flap()
    }
    this.#timer = setTimeout(next, shortestMoodMs + Math.random() * moodMs).unref()
  }

  /** Answers from now on. */
  settle(): void {
    clearTimeout(this.#timer)
    this.#mood = 'answers'
  }

  /** When Apple said that this token is revoked; undefined where it never did. */
  acceptedAt(token: string): number | undefined {
    return this.#told.get(token)?.acceptedAt
  }

  requestsFor(token: string): number {
    return this.#told.get(token)?.requests ?? 0
  }

  #revoke(token: string, res: ServerResponse): void {
    const told = this.#told.get(token) ?? { requests: 0, acceptedAt: undefined }
    this.#told.set(token, told)
    told.requests++
    if (this.#mood === 'answers') {
      told.acceptedAt ??= performance.now()
      res.writeHead(200).end()
    } else if (this.#mood === 'refuses') {
      res.writeHead(503).end()
    } else if (this.#mood === 'breaks') {
      res.socket?.resetAndDestroy()
    } else {
      this.hanging++
      // By the app's deadline, or the app's end.
      res.once('close', () => this.hanging--)
    }
  }
}
