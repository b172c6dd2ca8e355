// Shows how far a reading is, until it has ended. The page works without this: it then loads itself again.
const progress = document.getElementById('progress')

async function show() {
  // A redirect: nobody is signed in any more.
  const answer = await fetch('/school/status', { redirect: 'manual' })
  const status = answer.ok ? await answer.json() : {}
  if (status.progress === undefined) location.reload()
  else progress.textContent = status.progress
}

async function watch() {
  // A moment without an answer, as at a restart of the app, is no reason to stop.
  await show().catch(() => undefined)
  setTimeout(watch, 1000)
}

setTimeout(watch, 1000)
