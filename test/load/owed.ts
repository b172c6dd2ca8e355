import { openPostgres, openRedis } from '../nodes/database.js'

/** How many revocations a store still holds for Apple. */
export async function countOwed(storeUrl: string): Promise<number> {
  if (storeUrl.startsWith('redis')) {
    const client = await openRedis(storeUrl)
    const keys = await client.keys('express-apple-auth::revocation:*')
    await client.close()
    return keys.length
  }
  const client = await openPostgres(storeUrl)
  const pattern = 'express-apple-auth:revocation:%'
  const { rows } = await client.query(
    `SELECT count(*)::int AS owed FROM express_apple_auth WHERE key LIKE '${pattern}'`,
  )
  await client.close()
  return (rows as { owed: number }[])[0]?.owed ?? NaN
}
