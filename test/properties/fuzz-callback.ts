import { type GeneratedAnswer, generatedAnswer, type Truth } from './callback-answers.js'
import { FuzzApp } from './fuzz-app.js'
import { FuzzFailure, type FuzzTarget, harmlessStatus, workers } from './fuzz-target.js'
import { got, isGoodForm, isGoodQuery, posted, resolveAnswer } from './resolved-answer.js'
import type { WireBrowser } from './wire-browser.js'

/** A browser with a login under way, and how many more answers it gets before it begins another. */
interface Visit {
  readonly browser: WireBrowser
  readonly truth: Truth
  left: number
}

const inside = '/inside'

/** No answer that is good: nobody may be signed in. */
const wrongAnswer = generatedAnswer.filter((answer) => {
  const truth = {
    state: 'a state',
    code: 'a code',
    otherState: 'another',
    otherCode: 'yet another',
    issuer: 'an issuer',
  }
  const resolved = resolveAnswer(answer, truth)
  return !isGoodForm(answer, resolved, truth) && !isGoodQuery(resolved, truth)
})

/** The callback: forms of Sign in with Apple’s and queries of Data Sharing’s by turns. */
export async function createCallbackTarget(): Promise<FuzzTarget<GeneratedAnswer>> {
  const [forms, queries] = await Promise.all([
    FuzzApp.start(),
    FuzzApp.start({ service: 'account-data-sharing', responseMode: 'query' }),
  ])
  const visits = new Map<number, Visit>()

  async function visit(app: FuzzApp): Promise<Visit> {
    const browser = app.browser()
    const [own, other] = [await app.begin(browser, `returnTo=${inside}`), await app.begin(app.browser())]
    const truth = {
      state: own.searchParams.get('state') ?? '',
      code: app.apple.issueCode(own),
      otherState: other.searchParams.get('state') ?? '',
      otherCode: app.apple.issueCode(other),
      issuer: app.apple.url,
    }
    return { browser, truth, left: 3 }
  }

  return {
    name: 'callback',
    inputs: wrongAnswer,
    signIns: () => forms.signIns + queries.signIns,
    async stop() {
      await Promise.all([forms.stop(), queries.stop()])
    },

    async send(answer, worker) {
      const isForm = worker < workers / 2
      const known = visits.get(worker)
      const { browser, truth, left } =
        known !== undefined && known.left > 0 ? known : await visit(isForm ? forms : queries)
      visits.set(worker, { browser, truth, left: left - 1 })
      const resolved = resolveAnswer(answer, truth)
      const reply = await browser.send(isForm ? posted(answer, resolved) : got(answer, resolved))
      if (reply.headers.location === inside) throw new FuzzFailure('signed somebody in')
      return harmlessStatus(reply)
    },
  }
}
