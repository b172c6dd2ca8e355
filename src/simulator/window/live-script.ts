/**
 * Keeps an open page up to date: takes changes from the stream, puts new rows in and says them to those who listen.
 * While nobody sees the page it lets go of its connection: a browser has only six for one site.
 */
export const liveScript = `
const place = document.getElementById('exchanges')
const mode = document.getElementById('mode')
const news = document.getElementById('news')
const most = 300
let since = place.dataset.since
let source

function fragment(html) {
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content.firstElementChild
}

function groupOf(change) {
  const known = document.getElementById(change.group)
  if (known === null) {
    document.getElementById('nothing')?.remove()
    const made = fragment(change.frame)
    place.prepend(made)
    return made
  }
  if (change.heading) known.querySelector('h3').innerHTML = change.heading
  if (place.firstElementChild !== known && !known.contains(document.activeElement)) place.prepend(known)
  return known
}

function show(change) {
  const group = groupOf(change)
  news.textContent = change.news
  if (!change.html) return
  const row = fragment(change.html)
  const old = document.getElementById(change.row)
  row.classList.add('new')
  if (old === null) group.querySelector('ol').append(row)
  else {
    row.querySelector('details').open = old.querySelector('details').open
    const hadFocus = old.contains(document.activeElement)
    old.replaceWith(row)
    if (hadFocus) row.querySelector('summary').focus()
  }
  while (document.querySelectorAll('.exchange').length > most && place.lastElementChild !== group) {
    place.lastElementChild.remove()
  }
}

let refresh
function refreshParts() {
  refresh ??= setTimeout(async () => {
    refresh = undefined
    const answer = await fetch(place.dataset.parts).catch(() => undefined)
    if (!answer?.ok) return
    for (const [name, html] of Object.entries(await answer.json())) {
      const part = document.getElementById('part-' + name)
      if (!part.contains(document.activeElement)) part.innerHTML = html
    }
  }, 300)
}

function say(state, words) {
  mode.dataset.state = state
  mode.textContent = words
}

function connect() {
  if (source !== undefined || document.hidden) return
  source = new EventSource(place.dataset.stream + '?since=' + since)
  source.addEventListener('open', () => say('live', 'Live: new exchanges appear by themselves.'))
  source.addEventListener('change', (event) => {
    since = event.lastEventId
    show(JSON.parse(event.data))
    refreshParts()
  })
  source.addEventListener('restart', () => location.reload())
  source.addEventListener('error', () => {
    const isOver = source.readyState === EventSource.CLOSED
    say('lost', isOver ? 'Not live: reload to see more.' : 'The simulator does not answer; trying again.')
  })
}

function disconnect() {
  source?.close()
  source = undefined
}

document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()))
addEventListener('pagehide', disconnect)
addEventListener('pageshow', connect)
connect()
`
