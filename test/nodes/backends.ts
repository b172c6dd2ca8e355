import {
  describeWithPostgres,
  describeWithPostgresServer,
  describeWithRedis,
  describeWithRedisServer,
} from '../support/services.js'
import {
  claimPostgresForCluster,
  claimRedisDatabase,
  createPostgresDatabase,
  createSessionTable,
  type Database,
} from './database.js'
import { OwnServer } from './own-server.js'

/** A kind of server that keeps what nodes share. */
export interface Backend {
  readonly name: 'Redis' | 'PostgreSQL'
  /** `describe` for tests at the server that everybody uses. */
  readonly describe: (name: string, tests: () => void) => void
  /** An empty database there. */
  readonly claimDatabase: () => Promise<Database>
  /** The same for a cluster of nodes. */
  readonly claimForCluster: () => Promise<Database>
  /** `describe` for tests that start a server of their own. */
  readonly describeWithServer: (name: string, tests: () => void) => void
  /** A server of the test's own, ready for sessions. */
  readonly startServer: () => Promise<OwnServer>
}

/** Every kind that the tests run on. */
export const backends: readonly Backend[] = [
  {
    name: 'Redis',
    describe: describeWithRedis,
    claimDatabase: claimRedisDatabase,
    claimForCluster: claimRedisDatabase,
    describeWithServer: describeWithRedisServer,
    startServer: () => OwnServer.startRedis(),
  },
  {
    name: 'PostgreSQL',
    describe: describeWithPostgres,
    claimDatabase: createPostgresDatabase,
    claimForCluster: claimPostgresForCluster,
    describeWithServer: describeWithPostgresServer,
    async startServer() {
      const server = await OwnServer.startPostgres()
      await createSessionTable(server.url)
      return server
    },
  },
]
