import { type Connect, connectTimeoutMs, namespace } from './server-store.js'

/** Loads what a `postgres:` URL needs. @throws Error when a package is not installed */
export async function loadPostgres(): Promise<Connect> {
  const [{ Keyv }, { default: KeyvPostgres }, { default: pg }] = await Promise.all([
    import('keyv'),
    import('@keyv/postgres'),
    import('pg'),
  ])

  return (url) => {
    const pool = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      allowExitOnIdle: true,
    })

    /** Its own pool has no listener for connections that break, and ends the process when the server restarts. */
    class SteadyPostgres extends KeyvPostgres {
      override connect() {
        return Promise.resolve(
          async (sql: string, values?: unknown[]) => (await pool.query<Record<string, unknown>>(sql, values)).rows,
        )
      }

      override disconnect() {
        return pool.end()
      }
    }

    const adapter = new SteadyPostgres({ uri: url, table: 'express_apple_auth', iterationLimit: 500 })
    pool.on('error', (error) => adapter.emit('error', error))
    return new Keyv({ store: adapter, namespace, throwOnErrors: true })
  }
}
