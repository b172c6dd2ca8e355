import { grantPrefix } from './person-grants.js'
import { type Connect, connectTimeoutMs, namespace } from './server-store.js'

/** Where everything lies. */
const table = 'express_apple_auth'
/** So many rows are listed at a time. */
const pageSize = 500

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

      /** Its own list reads everything, and tells of a failure by an event alone. */
      override async *iterator(namespace = ''): AsyncGenerator<string[], void> {
        const ours = `${namespace.replace(/[%_\\]/g, '\\$&')}:`
        let after = ''
        for (;;) {
          const { rows } = await pool.query<{ key: string; value: string }>(
            `SELECT key, value FROM ${table} WHERE key LIKE $1 AND key NOT LIKE $2 AND key > $3 ORDER BY key LIMIT $4`,
            [`${ours}%`, `${ours}${grantPrefix}%`, after, pageSize],
          )
          for (const { key, value } of rows) yield [key, value]
          after = rows.at(-1)?.key ?? after
          if (rows.length < pageSize) return
        }
      }

      override disconnect() {
        return pool.end()
      }
    }

    const adapter = new SteadyPostgres({ uri: url, table })
    pool.on('error', (error) => adapter.emit('error', error))
    return new Keyv({ store: adapter, namespace, throwOnErrors: true })
  }
}
