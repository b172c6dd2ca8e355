import type { AppleAuthConfig } from './config/config.js'
import type { Instance } from './http/instance.js'
import { openStore } from './session/open-store.js'
import { createStore, type Store } from './session/store.js'

/** Opens the store of an instance; tells what will be lost where there is none. */
export function openInstanceStore(
  config: AppleAuthConfig,
  warnOnce: Instance['warnOnce'],
): { store: Store; closeStore: () => Promise<void> } {
  const variable = `${config.envPrefix}STORE_URL`
  const name = `store (option store, ${variable})`
  if (config.store === undefined && config.storeUrl === undefined && process.env.NODE_ENV === 'production') {
    const kept = config.rules.hasRoster
      ? 'Connected schools, ended logins'
      : 'Ended logins, used identity tokens, the tokens that revoke() needs'
    warnOnce(
      'APPLE_STORE',
      `${kept} and revocations that Apple has not taken are kept in memory: they end with this process, and other nodes ` +
        `do not see them. Set store, ${variable}.`,
    )
  }
  const { open, close } = openStore(config, name, (message) => {
    warnOnce('APPLE_STORE', message)
  })
  return { store: createStore(open, name), closeStore: close }
}
