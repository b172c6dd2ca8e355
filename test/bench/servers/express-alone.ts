import express from 'express'
import { subOf } from './person.js'
import { serve } from './serve.js'

serve(() => {
  const app = express()
  const sub = subOf(0)
  app.get('/guarded', (_req, res) => {
    res.json({ sub })
  })
  return app
})
