import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestListener } from 'node:http'
import type { ClientSettings } from './apps/client-settings.js'

// One app with another package's client, as a process of its own.

start(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

// The test that started it is gone.
process.on('disconnect', () => process.exit())

async function start(name: string): Promise<void> {
  const { createApp } = (await import(`./apps/${name}.ts`)) as {
    createApp: (settings: ClientSettings) => RequestListener
  }
  const server = createServer()
  server.listen(0, 'localhost')
  await once(server, 'listening')
  process.send?.({ url: `http://localhost:${String((server.address() as AddressInfo).port)}` })
  const [settings] = (await once(process, 'message')) as [ClientSettings]
  server.on('request', createApp(settings))
  process.send?.({ ready: true })
}
