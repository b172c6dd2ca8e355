import { describe, it } from '@jest/globals'
import express, { type Express } from 'express'
import fc from 'fast-check'
import { generatedAnswer } from './callback-answers.js'
import { got, isGoodForm, isGoodQuery, posted, resolveAnswer } from './resolved-answer.js'
import { runs } from './runs.js'
import { useTwoTabs } from './two-tabs.js'

const { startApp, attemptInOneOfTwo } = useTwoTabs()

describe('POST /callback with any form', () => {
  it('signs in exactly when it is one good answer, and spares the other tab', async () => {
    // Express’s own error page would show a stack.
    const app = await startApp({ errorPage: false })
    const property = fc.asyncProperty(generatedAnswer, (answer) =>
      attemptInOneOfTwo(app, 'POST', (truth) => {
        const resolved = resolveAnswer(answer, truth)
        return { wire: posted(answer, resolved), signsIn: isGoodForm(answer, resolved, truth) }
      }),
    )
    await fc.assert(property, runs(100))
  })

  it.each<[string, (app: Express) => unknown]>([
    ['text', (app) => app.use(express.text({ type: () => true, limit: '9mb' }))],
    ['bytes', (app) => app.use(express.raw({ type: () => true, limit: '9mb' }))],
  ])('does the same where the app has read the body as %s', async (_what, before) => {
    const app = await startApp({ before })
    const property = fc.asyncProperty(generatedAnswer, (answer) =>
      attemptInOneOfTwo(app, 'POST', (truth) => {
        const resolved = resolveAnswer(answer, truth)
        return { wire: posted(answer, resolved), signsIn: isGoodForm(answer, resolved, truth) }
      }),
    )
    await fc.assert(property, runs(30))
  })

  it.each([true, false])(
    'signs in by no less than state and code where the app has parsed it; extended %s',
    async (extended) => {
      const app = await startApp({ before: (before) => before.use(express.urlencoded({ extended, limit: '9mb' })) })
      const property = fc.asyncProperty(generatedAnswer, (answer) =>
        attemptInOneOfTwo(app, 'POST', (truth) => {
          const resolved = resolveAnswer(answer, truth)
          const values = resolved.fields.map(([, value]) => value)
          // A parser has ideas of its own of what some names mean: to one [state] is state. And what it made of a body is
          // measured in another way than the body, so that both may be right shortly below 64 KiB.
          const mayBe = values.includes(truth.state) && values.includes(truth.code) ? undefined : false
          const mustBe = isGoodForm(answer, resolved, truth) && resolved.text.length < 63 * 1024
          return { wire: posted(answer, resolved), signsIn: mustBe || mayBe }
        }),
      )
      await fc.assert(property, runs(30))
    },
  )
})

describe('GET /callback with any query', () => {
  it.each([undefined, 'query'] as const)(
    'signs in exactly when it is one good answer, and spares the other tab; response mode %s',
    async (responseMode) => {
      const app = await startApp({ options: { service: 'account-data-sharing', responseMode }, errorPage: false })
      const property = fc.asyncProperty(generatedAnswer, (answer) =>
        attemptInOneOfTwo(app, 'GET', (truth) => {
          const resolved = resolveAnswer(answer, truth)
          const wire = got(answer, resolved)
          // Node takes 16 KiB of headers, the address among them.
          return { wire, signsIn: isGoodQuery(resolved, truth) && wire.path.length < 15_000 }
        }),
      )
      await fc.assert(property, runs(30))
    },
  )
})
