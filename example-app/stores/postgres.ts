import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import pg from 'pg'
import type { Stores } from './stores.js'
import { unreachable } from './unreachable.js'

const PostgresStore = connectPgSimple(session)

/** Keeps everything in PostgreSQL; makes its tables. @throws SettingError when it does not answer */
export async function openPostgres(url: string): Promise<Stores> {
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 3000 })
  // Without a listener a connection that breaks ends the process; the pool makes a new one by itself.
  pool.on('error', (error) => {
    console.error(`PostgreSQL: ${error.message}`)
  })
  try {
    await pool.query('CREATE TABLE IF NOT EXISTS school_app (key text PRIMARY KEY, value text NOT NULL)')
  } catch (error) {
    await pool.end()
    throw unreachable('DATABASE_URL', 'PostgreSQL', error)
  }
  const sessions = new PostgresStore({ pool, createTableIfMissing: true })
  return {
    sessions,
    apple: url,
    shelf: {
      async get(key) {
        const { rows } = await pool.query<{ value: string }>('SELECT value FROM school_app WHERE key = $1', [key])
        return rows[0]?.value
      },
      async set(key, text) {
        const insert = 'INSERT INTO school_app VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value'
        await pool.query(insert, [key, text])
      },
      async delete(key) {
        await pool.query('DELETE FROM school_app WHERE key = $1', [key])
      },
    },
    async close() {
      sessions.close()
      await pool.end()
    },
  }
}
