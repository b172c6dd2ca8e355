import { type AppleAuth, type AppleUser, requireAppleAuth } from 'express-apple-auth'
import type { RequestHandler } from 'express'
import type { SchoolCopy } from '../schools/school-copy.js'
import type { SchoolSync } from '../schools/school-sync.js'

/** One class, as a teacher or a student of it sees it. */
interface ShownClass {
  readonly name: string
  readonly room: string | undefined
  readonly teachers: readonly string[]
  /** Undefined for students, who do not see each other's names. */
  readonly students: readonly string[] | undefined
}

/** The classes of whoever is signed in. */
export function classesPage(school: AppleAuth | undefined, sync: SchoolSync | undefined): RequestHandler[] {
  return [
    requireAppleAuth(),
    async function classes(req, res) {
      const { user } = req.apple
      const organizationId = user?.organizationId
      // Apple's rule: a `sub` is a user id of the Roster API only where the person belongs to the connected school.
      const connection = organizationId === undefined ? undefined : await school?.connections.get(organizationId)
      const copy = connection && (await sync?.copy(connection.organizationId))
      res.render('classes', {
        belongsToSchool: organizationId !== undefined,
        isConnected: connection !== undefined,
        schoolName: connection?.organization?.name ?? 'Your school',
        classes: user && copy && classesOf(user, copy),
        readAt: connection && (await sync?.status(connection.organizationId))?.done?.endedAt,
      })
    },
  ]
}

function classesOf({ sub }: AppleUser, { names, classes }: SchoolCopy): ShownClass[] {
  const namesOf = (ids: readonly string[]): string[] => ids.map((id) => names.get(id) ?? id).sort(compare)
  return classes
    .filter(({ instructorIds, studentIds }) => instructorIds.includes(sub) || studentIds.includes(sub))
    .map(({ name, room, instructorIds, studentIds }) => ({
      name,
      room,
      teachers: namesOf(instructorIds),
      students: instructorIds.includes(sub) ? namesOf(studentIds) : undefined,
    }))
    .sort((one, other) => compare(one.name, other.name))
}

/** First10 comes after First9. */
const { compare } = new Intl.Collator('en', { numeric: true })
