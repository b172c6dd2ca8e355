import escapeHtml from 'escape-html'
import { isNotified, type SimulatorNotificationType } from '../notifications/notification.js'
import type { NotifyOptions } from '../notifications/notify-options.js'
import type { Parameters } from '../parameters.js'
import { fullName } from '../person.js'
import { serviceTitle } from '../services.js'
import type { SimulatorState } from '../simulator-state.js'

/** Where the form posts to. */
export const notifyPath = '/simulator/notify'

const types: Readonly<Record<SimulatorNotificationType, string>> = {
  'consent-revoked': 'stopped using the app',
  'account-deleted': 'deleted the account',
  'email-disabled': 'stopped mail from the app',
  'email-enabled': 'lets mail through again',
}

/** Asks what to tell which app about whom; `path` is where the simulator is mounted. */
export function notificationForm({ clients, directory }: SimulatorState, path: string): string {
  const apps = clients.list().filter(isNotified)
  if (apps.length === 0) {
    return '<p class="quiet">No app wants to be told: register one with a <code>notificationUrl</code>.</p>'
  }
  const appOptions = apps.map(({ clientId, services }) =>
    option(clientId, `${clientId} (${services.map(serviceTitle).join(', ')})`),
  )
  const people = directory.people.map((person) => option(`person ${person.id}`, fullName(person)))
  const schools = directory.schools.map(({ id, name }) => option(`school ${id}`, name))
  return `<form method="post" action="${escapeHtml(`${path}${notifyPath}`)}" class="fields">
<label>About <select name="about">
<optgroup label="People">\n${people.join('\n')}\n</optgroup>
<optgroup label="Schools">\n${schools.join('\n')}\n</optgroup>
</select></label>
<label>What happened <select name="type">
${Object.entries(types)
  .map(([type, words]) => option(type, `${words} (${type})`))
  .join('\n')}
</select></label>
<label>App to tell <select name="client">\n${appOptions.join('\n')}\n</select></label>
<button type="submit">Tell the app</button>
</form>`
}

/** Reads what the form says. */
export function readNotifyOptions(form: Parameters): NotifyOptions {
  const [, kind, id] = /^(person|school) (.+)$/s.exec(form.get('about') ?? '') ?? []
  return {
    type: form.get('type') ?? '',
    clientId: form.get('client') ?? '',
    ...(id !== undefined && (kind === 'person' ? { personId: id } : { organizationId: id })),
  }
}

function option(value: string, words: string): string {
  return `<option value="${escapeHtml(value)}">${escapeHtml(words)}</option>`
}
