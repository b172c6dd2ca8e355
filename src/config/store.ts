import type { AppleStore } from './options.js'
import type { Settings } from './settings.js'

/** Where to keep what must outlive a session: a store, or the URL of one. */
export interface StoreConfig {
  readonly store: AppleStore | undefined
  readonly storeUrl: string | undefined
}

/** Reads the `store` option or its variable. */
export function readStore(settings: Settings): StoreConfig {
  let store: AppleStore | undefined
  const storeUrl = settings.read('store', (raw, report) => {
    if (typeof raw === 'string') {
      if (/^(rediss?|postgres(ql)?):\/\//.test(raw) && URL.canParse(raw)) return raw
      report(
        'must be a redis:, rediss:, postgres: or postgresql: URL (special characters in a password are percent-encoded); for any other store give a Keyv instance as the option',
      )
    } else if (isStore(raw)) {
      store = raw
    } else {
      report('must be a Keyv instance, or an object with get, set and delete')
    }
    return undefined
  })
  return { store, storeUrl }
}

function isStore(value: unknown): value is AppleStore {
  if (typeof value !== 'object' || value === null) return false
  const candidate = value as Record<string, unknown>
  return ['get', 'set', 'delete'].every((method) => typeof candidate[method] === 'function')
}
